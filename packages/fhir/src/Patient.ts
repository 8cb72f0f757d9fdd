// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord } from '@islet/client/AccessRecord';
import { idOf, type Json, place, type Resource, systems, urn } from './Fhir.js';

type About = Pick<AccessRecord, 'account' | 'name'> & { chain: Pick<AccessRecord['chain'], 'deployment'> };

/** The person as Islet knows them: an account, and the name of the wallet. */
export const of = ({ account, name, chain: { deployment } }: About): Resource => ({
  resourceType: 'Patient',
  id: idOf(account),
  identifier: [{ system: place(deployment.chainId, deployment.identity), value: account }],
  name: [{ text: name }],
});

export const reference = (account: string): { reference: string } => ({ reference: urn(idOf(account)) });

/** Whom an AuditEvent is about. */
export const entity = (account: string): Json => ({
  what: reference(account),
  type: { system: systems.auditEntityType, code: '1', display: 'Person' },
  role: { system: systems.objectRole, code: '1', display: 'Patient' },
});
