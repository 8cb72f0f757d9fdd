// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord, Line } from '@islet/client/AccessRecord';
import * as Purpose from '@islet/core/Purpose';
import { codeOf } from '@islet/core/Reason';
import { dayOf, keeperOf, readerOf, reasonOf, sentence } from './AccessText.js';
import { concept, idOf, type Json, place, type Resource, systems, unknown, urn } from './Fhir.js';
import * as Patient from './Patient.js';

type Request = Extract<Line, { kind: 'request' }>;
type OwnLook = Extract<Line, { kind: 'look' }>;

const balp = 'https://profiles.ihe.net/ITI/BALP';
export const profiles = {
  read: `${balp}/StructureDefinition/IHE.BasicAudit.PatientRead`,
  refusal: `${balp}/StructureDefinition/IHE.BasicAudit.AuthZconsent`,
} as const;

/**
 * The log as FHIR R4 AuditEvents of IHE BALP, in the order of its lines: a granted request or an own device's look is
 * a PatientRead, a refusal an AuthZconsent (the profiles of reading allow success only). Network addresses and the
 * organisation of a reader are not recorded by Islet, and marked as unknown.
 */
export const of = (record: AccessRecord): Resource[] => record.lines.map((line) => event(record, line));

function event(record: AccessRecord, line: Line): Resource {
  if (line.kind === 'look') return ofLook(record, line);
  return line.decision.reason === 0 ? ofRead(record, line) : ofRefusal(record, line);
}

const purposeOf = (purpose: Purpose.Purpose | undefined): { [element: string]: Json } =>
  purpose ? { purposeOfUse: [concept(systems.actReason, Purpose.hl7[purpose])] } : {};

const common = (
  record: AccessRecord,
  line: Line,
  profile: string,
  at: number,
  ...id: (string | number)[]
) => ({
  resourceType: 'AuditEvent',
  id: idOf(record.account, 'audit', ...id),
  meta: { profile: [profile] },
  recorded: new Date(at).toISOString(),
  outcomeDesc: sentence(line),
});

const reading = {
  type: { system: systems.auditEventType, code: 'rest', display: 'RESTful Operation' },
  subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read', display: 'read' }],
  action: 'R',
  outcome: '0',
};

function ofRead(record: AccessRecord, line: Request): Resource {
  const { decision: d, words, notes } = line;
  const purpose = words?.purpose ?? (d.reader === d.patient ? 'own' : undefined);
  return {
    ...common(record, line, profiles.read, d.at, d.requestId),
    ...reading,
    agent: [
      client({ display: `the program of ${readerOf(line)}` }),
      server(contractOf(record)),
      user(record, line, purpose),
      ...notes.map((n) => ({
        type: { text: 'key custodian' },
        who: { display: `custodian ${n.custodian}` },
        requestor: false,
      })),
    ],
    source: { observer: contractOf(record), type: [securitySource('4')] },
    entity: [
      Patient.entity(record.account),
      {
        what: { type: 'Observation', display: dataOf(line) },
        type: { system: systems.auditEntityType, code: '2', display: 'System Object' },
        role: { system: systems.objectRole, code: '4', display: 'Domain Resource' },
      },
      {
        what: { identifier: { value: d.requestId } },
        type: { system: `${balp}/CodeSystem/BasicAuditEntityType`, code: 'XrequestId' },
        detail: details(record, line),
      },
    ],
  };
}

function ofRefusal(record: AccessRecord, line: Request): Resource {
  const { decision: d, words } = line;
  return {
    ...common(record, line, profiles.refusal, d.at, d.requestId),
    type: { system: systems.dicom, code: '110113', display: 'Security Alert' },
    subtype: [{ system: `${balp}/CodeSystem/AuthZsubType`, code: 'AuthZ-Consent' }],
    action: 'E',
    outcome: '8',
    agent: [
      {
        type: concept(systems.dicom, '110150', 'Application'),
        who: { display: `the program of ${readerOf(line)}` },
        requestor: false,
        network: unknown,
      },
      user(record, line, words?.purpose),
      { type: concept(systems.roleClass, 'PROV'), who: unknown, requestor: false },
      {
        type: concept('http://terminology.hl7.org/CodeSystem/extra-security-role-type', 'authserver'),
        who: contractOf(record),
        requestor: false,
      },
    ],
    source: { observer: contractOf(record), type: [securitySource('6')] },
    entity: [
      Patient.entity(record.account),
      {
        what: { type: 'Consent', identifier: { system: consentPlace(record), value: d.grantId } },
        type: { system: 'http://hl7.org/fhir/resource-types', code: 'Consent' },
        detail: details(record, line),
      },
    ],
  };
}

function ofLook(record: AccessRecord, line: OwnLook): Resource {
  const { look, device, gateway } = line;
  const keeper = { identifier: { value: gateway }, display: 'the person’s gateway' };
  return {
    ...common(record, line, profiles.read, look.at, 'look', look.signature),
    ...reading,
    agent: [
      client({ identifier: { value: look.device }, display: device }),
      server(keeper),
      {
        type: concept(systems.participation, 'IRCP', 'information recipient'),
        who: Patient.reference(record.account),
        requestor: true,
        ...purposeOf('own'),
      },
    ],
    source: { observer: keeper, type: [securitySource('4')] },
    entity: [
      Patient.entity(record.account),
      {
        what: { type: 'Observation', display: `${look.count} readings of the last days` },
        type: { system: systems.auditEntityType, code: '2', display: 'System Object' },
        role: { system: systems.objectRole, code: '4', display: 'Domain Resource' },
        detail: [
          ...placeDetails(record),
          { type: 'look before', valueString: look.previous || 'none' },
          { type: 'look signature', valueString: look.signature },
        ],
      },
    ],
  };
}

const client = (who: { [element: string]: Json }): Json => ({
  type: concept(systems.dicom, '110152', 'Destination Role ID'),
  who,
  requestor: false,
  network: unknown,
});

const server = (who: { [element: string]: Json }): Json => ({
  type: concept(systems.dicom, '110153', 'Source Role ID'),
  who,
  requestor: false,
  network: unknown,
});

function user(record: AccessRecord, line: Request, purpose: Purpose.Purpose | undefined): Json {
  const { reader } = line.decision;
  const self = reader === record.account;
  const system = place(record.chain.deployment.chainId, record.chain.deployment.identity);
  return {
    type: concept(systems.participation, 'IRCP', 'information recipient'),
    who: self
      ? Patient.reference(record.account)
      : { identifier: { system, value: reader }, display: readerOf(line) },
    requestor: true,
    ...purposeOf(purpose),
  };
}

const consentPlace = ({ chain }: AccessRecord): string =>
  place(chain.deployment.chainId, chain.deployment.consent);

const contractOf = (record: AccessRecord): { [element: string]: Json } => ({
  identifier: { system: 'urn:ietf:rfc:3986', value: consentPlace(record) },
  display: 'Islet’s consent contract',
});

const securitySource = (code: string): Json => ({
  system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
  code,
});

function dataOf({ decision: { scope }, words }: Request): string {
  const what = words ? words.streams.join(', ') : 'kinds of data not known here in words';
  return scope ? `${what}, ${dayOf(scope.firstDay)} to ${dayOf(scope.lastDay)}` : what;
}

const placeDetails = ({ chain }: AccessRecord): Json[] => [
  { type: 'chain', valueString: String(chain.deployment.chainId) },
  { type: 'contract', valueString: chain.deployment.consent },
];

/** What makes the event checkable wherever it is kept alone. */
function details(record: AccessRecord, { decision: d, notes, role, circle, emergency }: Request): Json[] {
  return [
    ...placeDetails(record),
    { type: 'block', valueString: String(d.blockNumber) },
    { type: 'request', valueString: d.requestId },
    { type: 'grant', valueString: d.grantId },
    { type: 'decision', valueString: codeOf(d.reason) },
    { type: 'times asked', valueString: String(d.count) },
    ...(role ? [{ type: 'role', valueString: role.name ?? role.id }] : []),
    ...(circle ? [{ type: 'keeper of the circle', valueString: keeperOf(circle) }] : []),
    ...(emergency ? [{ type: 'emergency stated', valueString: reasonOf(emergency) ?? 'not told' }] : []),
    ...notes.map((n) => ({ type: `release note of custodian ${n.custodian}`, valueBase64Binary: n.note })),
  ];
}

/** The log as one Bundle, an entry to a line, with the patient it is about and the record it can be checked with. */
export function write(record: AccessRecord, evidence: string): string[] {
  const kept = {
    resourceType: 'Binary',
    id: idOf(record.account, 'record'),
    contentType: 'application/vnd.islet.access+json',
    data: evidence,
  };
  const resources: Resource[] = [Patient.of(record), ...of(record), kept];
  const entries = resources.map((resource) => JSON.stringify({ fullUrl: urn(resource.id), resource }));
  return [
    '{"resourceType":"Bundle","type":"collection","entry":[',
    ...entries.map((entry, i) => (i < entries.length - 1 ? `${entry},` : entry)),
    ']}',
  ];
}
