// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Panel } from '../parts/Basics.js';
import { Choices, Field } from '../parts/Fields.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Rules, Told } from '../worker/guarding.js';

type Row = { key: number; code: string; name: string };
type Contact = { account: string; name: string };
const most = 16;
const emptyRow = (key: number): Row => ({ key, code: '', name: '' });

/** Says who the guardians are, how many must agree, and how long the person has to object. */
export function NameGuardians({ rules, onDone, onCancel }: Props) {
  const { t } = useWords();
  const sentence = useGuardianSentence();
  const [rows, setRows] = useState<Row[]>(() =>
    rules
      ? rules.guardians.map(({ code, name }, key) => ({ key, code, name: name ?? '' }))
      : [0, 1, 2].map(emptyRow),
  );
  const [need, setNeed] = useState(String(rules?.threshold ?? 2));
  const [hours, setHours] = useState(String(rules?.hours ?? 72));
  const [tried, setTried] = useState(false);
  const known = useContacts();
  const filled = rows.filter((row) => row.code.trim() !== '' || row.name.trim() !== '');
  const whole = filled.every((row) => row.code.trim() !== '' && row.name.trim() !== '');
  const threshold = Math.max(2, Math.min(Number(need), filled.length));
  const ready = whole && filled.length >= 2;
  const set = useCall(async () => {
    const guardians = filled.map(({ code, name }) => ({ code: code.trim(), name: name.trim() }));
    const told = await ask('nameGuardians', { guardians, threshold, hours: Number(hours) });
    await onDone(told);
  });
  const change = (key: number, part: Partial<Row>): void =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const add = async (one: Contact): Promise<void> => {
    const code = await ask('codeOf', { account: one.account });
    if (rows.some((row) => row.code === code)) return;
    const free = rows.find((row) => row.code.trim() === '');
    if (free) change(free.key, { code, name: one.name });
    else setRows([...rows, { key: nextKey(rows), code, name: one.name }]);
  };
  return (
    <Panel title={t('guard.choose')} className="stack">
      <p>{t('guard.advice')}</p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (ready) void set.run();
        }}
      >
        {known.length > 0 && (
          <div className="row">
            <span className="fine">{t('share.known')}</span>
            {known.map((one) => (
              <Act key={one.account} onPress={() => void add(one)}>
                {one.name}
              </Act>
            ))}
          </div>
        )}
        {rows.map((row, i) => (
          <fieldset key={row.key} className="guardian">
            <legend>{t('guard.nth', { n: i + 1 })}</legend>
            <div className="fields">
              <Field
                label={t('guard.name')}
                value={row.name}
                onChange={(name) => change(row.key, { name })}
                error={tried && row.code && !row.name.trim() ? t('create.noName') : undefined}
              />
              <ScannedField
                label={t('share.who')}
                value={row.code}
                onChange={(code) => change(row.key, { code })}
                error={tried && row.name && !row.code.trim() ? t('guard.noCode') : undefined}
              />
              {rows.length > 2 && (
                <Act
                  kind="plain"
                  aria-label={`${t('do.remove')}: ${row.name || t('guard.nth', { n: i + 1 })}`}
                  onPress={() => setRows(rows.filter((one) => one !== row))}
                >
                  {t('do.remove')}
                </Act>
              )}
            </div>
          </fieldset>
        ))}
        {rows.length < most && (
          <div className="row">
            <Act onPress={() => setRows([...rows, emptyRow(nextKey(rows))])}>{t('guard.add')}</Act>
          </div>
        )}
        {filled.length > 2 && (
          <Choices
            compact
            label={t('guard.need')}
            value={String(threshold)}
            onChange={setNeed}
            of={Array.from({ length: filled.length - 1 }, (_, i) => String(i + 2)).map((value) => ({
              value,
              label: value,
            }))}
          />
        )}
        <Choices
          compact
          label={t('guard.wait')}
          value={hours}
          onChange={setHours}
          of={[...new Set(['24', '72', '168', hours])].map((value) => ({
            value,
            label: t('guard.days', { n: Number(value) / 24 }),
          }))}
        />
        {ready && (
          <blockquote className="sentence">
            <p>
              {sentence(
                threshold,
                filled.map((row) => row.name.trim()),
                Number(hours),
              )}
            </p>
            <p className="fine">{t(threshold === filled.length ? 'guard.allNeeded' : 'guard.fewer')}</p>
          </blockquote>
        )}
        {tried && !ready && <p className="fine">{t('guard.two')}</p>}
        {set.state.is === 'busy' ? (
          <Busy step={null} />
        ) : (
          <div className="row">
            <Act kind="main" type="submit">
              {t('guard.do')}
            </Act>
            {onCancel && <Act onPress={onCancel}>{t('do.cancel')}</Act>}
          </div>
        )}
        {set.state.is === 'failed' && <Trouble failed={set.state.failed} />}
      </form>
    </Panel>
  );
}
type Props = { rules: Rules | null; onDone: (told: Told) => Promise<void>; onCancel?: () => void };

/** Who can do what together, and when. */
export function useGuardianSentence(): (need: number, names: string[], hours: number) => string {
  const { t, list } = useWords();
  return (n, names, hours) =>
    n === names.length
      ? t('guard.sentenceAll', { names: list(names), hours })
      : t('guard.sentence', { n, names: list(names), hours });
}

const nextKey = (rows: Row[]): number => Math.max(-1, ...rows.map((row) => row.key)) + 1;

function useContacts(): Contact[] {
  const [known, setKnown] = useState<Contact[]>([]);
  useEffect(() => {
    // Without a connection there is nobody to choose from; the form can be filled in all the same.
    ask('contacts').then(setKnown, () => undefined);
  }, []);
  return known;
}
