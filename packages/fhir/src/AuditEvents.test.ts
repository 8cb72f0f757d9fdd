// Copyright the Islet authors. AGPL-3.0-or-later.

import { beforeAll, describe, expect, test } from 'vitest';
import { scene } from '../../client/src/record.testkit.js';
import * as AuditEvents from './AuditEvents.js';
import type { Resource } from './Fhir.js';
import { example, faults, faultsOf, present } from './profile.testkit.js';

let events: any[];
beforeAll(async () => {
  events = AuditEvents.of((await scene()).record);
});

const agent = (event: any, code: string) =>
  event.agent.find((a: any) => a.type.coding?.some((c: any) => c.code === code));

describe('who saw what as AuditEvents', () => {
  test('has one event for each line, each with an id of its own that stays', async () => {
    expect(events).toHaveLength(8);
    expect(new Set(events.map((e) => e.id)).size).toBe(8);
    expect(AuditEvents.of((await scene()).record)).toEqual(events);
    for (const { id } of events)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('says who, what for, and about whom', () => {
    const look = events.find((e) => e.outcomeDesc.includes('clinic looked'));
    expect(agent(look, 'IRCP')).toMatchObject({ who: { display: 'clinic' }, requestor: true });
    expect(agent(look, 'IRCP').purposeOfUse[0].coding[0].code).toBe('TREAT');
    expect(look.entity.map((e: any) => e.type.code)).toEqual(['1', '2', 'XrequestId']);
    expect(
      look.agent.filter((a: any) => a.type.text === 'key custodian').map((a: any) => a.who.display),
    ).toEqual(['custodian 1', 'custodian 3']);
    const detail = (type: string) => look.entity[2].detail.find((d: any) => d.type === type);
    expect(detail('chain').valueString).toBe('31337');
    expect(detail('release note of custodian 3').valueBase64Binary).toMatch(/^[A-Za-z0-9+/]+=*$/);
    const own = events.filter((e) => agent(e, 'IRCP').who.reference);
    expect(own).toHaveLength(4);
    for (const event of own) expect(agent(event, 'IRCP').purposeOfUse[0].coding[0].code).toBe('PATRQT');
  });

  test('says a refusal as one, not as a reading', () => {
    const refused = events.filter((e) => e.outcome !== '0');
    expect(refused).toHaveLength(2);
    for (const event of refused) {
      expect(event.action).toBe('E');
      expect(event.meta.profile).toEqual([AuditEvents.profiles.refusal]);
      expect(event.outcomeDesc).toContain('was refused: there is no such grant');
    }
  });

  test.skipIf(!present)('fits the IHE BALP profiles it names', () => {
    for (const event of events) expect(faults(event)).toEqual([]);
  });

  test.skipIf(!present)(
    'the profiles take the examples published with them, and what is taken away is missed',
    () => {
      const read = example('AuditEvent-ex-auditBasicReadServer');
      expect(faults(read)).toEqual([]);
      expect(faults(example('AuditEvent-ex-auditAuthZconsent-deny'))).toEqual([]);
      const without = (event: Resource, change: (e: any) => void): string[] => {
        const copy = structuredClone(event);
        change(copy);
        return faults(copy);
      };
      const [refusal, , looked] = [
        events.find((e) => e.action === 'E'),
        0,
        events.find((e) => e.action === 'R'),
      ];
      for (const change of [
        (e: any) => e.agent.shift(),
        (e: any) => e.entity.shift(),
        (e: any) => delete e.recorded,
        (e: any) => delete e.source.observer,
        (e: any) => delete e.outcome,
        (e: any) => (e.action = 'C'),
        (e: any) => (e.type.code = '1'),
        (e: any) => (e.subtype = []),
        (e: any) => (e.invented = 1),
        (e: any) => e.agent.push(e.agent[0]),
      ]) {
        expect(without(looked, change), String(change)).not.toEqual([]);
        expect(without(refusal, change), String(change)).not.toEqual([]);
      }
      expect(without(looked, (e) => (e.outcome = '8'))).not.toEqual([]);
      expect(without(refusal, (e) => e.entity.push(looked.entity[1]))).not.toEqual([]);
      expect(faultsOf(refusal, AuditEvents.profiles.read, () => undefined)).not.toEqual([]);
    },
  );
});
