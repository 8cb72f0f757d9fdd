// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A FHIR R4 resource, as JSON. */
export type Resource = { resourceType: string; id: string; [element: string]: Json };

export type Coding = { system: string; code: string; display?: string };

/** Code systems and identifiers of others that Islet writes. */
export const systems = {
  loinc: 'http://loinc.org',
  ucum: 'http://unitsofmeasure.org',
  snomed: 'http://snomed.info/sct',
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  roleClass: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  auditEventType: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  auditEntityType: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
  objectRole: 'http://terminology.hl7.org/CodeSystem/object-role',
  category: 'http://terminology.hl7.org/CodeSystem/observation-category',
  absent: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
} as const;

export const concept = (system: string, code: string, display?: string): { coding: Coding[] } => ({
  coding: [{ system, code, ...(display !== undefined && { display }) }],
});

/** Stands for an element that a profile demands and nobody recorded. */
export const unknown: { extension: Json[] } = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};

/** The same id for the same thing, so that what is sent twice is kept once: a UUID of version 8 (RFC 9562). */
export function idOf(...parts: (string | number)[]): string {
  const bytes = sha256(utf8(JSON.stringify(['islet/fhir-id/v1', ...parts]))).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [0, 8, 12, 16, 20, 32]
    .slice(1)
    .map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end))
    .join('-');
}

export const urn = (id: string): string => `urn:uuid:${id}`;

/** A contract's place on a chain as a URI (CAIP-10 under did:pkh): what gives Islet's ids their meaning. */
export const place = (chainId: number, contract: string): string => `did:pkh:eip155:${chainId}:${contract}`;

/** A text as FHIR lets it be: no blanks at the ends, no control characters but those of lines. */
export const clean = (text: string): string =>
  text.replace(/\p{Cc}/gu, (c) => ('\t\r\n'.includes(c) ? c : '\ufffd')).trim();
