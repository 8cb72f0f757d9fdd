// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import type { Key } from '../i18n/Language.js';
import { useWords } from '../i18n/Settings.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { DropFile } from '../parts/DropFile.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = [...new Set([here, 'UTC', ...Intl.supportedValuesOf('timeZone')])].map((id) => ({ id }));
/** Refused rows that are told one by one. */
const toldRows = 10;

export function Import({ onChanged }: { onChanged: () => void }) {
  const { t, number } = useWords();
  const [zone, setZone] = useState(here);
  const [file, setFile] = useState<File>();
  const earlier = useLoaded(() => ask('imports'));
  const reading = useCall(async (_, chosen: File, inZone: string) =>
    ask('readFile', { bytes: new Uint8Array(await chosen.arrayBuffer()), zone: inZone }),
  );
  const taking = useCall(async (onProgress) => {
    const sent = await ask('takeIn', { file: file?.name ?? '' }, onProgress);
    onChanged();
    void earlier.run();
    return sent;
  });
  const again = (): void => {
    setFile(undefined);
    reading.reset();
    taking.reset();
  };
  const choose = ([chosen]: File[]): void => {
    if (!chosen) return;
    setFile(chosen);
    taking.reset();
    void reading.run(chosen, zone);
  };
  const changeZone = (next: string): void => {
    setZone(next);
    if (file && taking.state.is === 'idle') void reading.run(file, next);
  };
  return (
    <Page title={t('import.title')} lead={t('import.text')}>
      <AddTabs now="import" />
      {taking.state.is === 'done' ? (
        <Panel>
          <Notice kind="good">
            <strong>{t('import.done', { n: taking.state.value.accepted })}</strong>
            <p>{t('import.doneMore', { known: number(taking.state.value.duplicates) })}</p>
          </Notice>
          <div className="row">
            <a className="act act-main" href="#/home">
              {t('import.see')}
            </a>
            <Act onPress={again}>{t('import.other')}</Act>
          </div>
        </Panel>
      ) : (
        <Panel className="stack">
          <Zones zone={zone} onChange={changeZone} />
          {!file && <DropFile label={t('import.choose')} onFiles={choose} />}
          {reading.state.is === 'busy' && <Busy step={{ what: 'reading', done: 0, of: 1 }} />}
          {reading.state.is === 'failed' && <Trouble failed={reading.state.failed} onAgain={again} />}
          {reading.state.is === 'done' && (
            <>
              <Accounted file={file?.name ?? ''} read={reading.state.value} />
              {taking.state.is === 'busy' ? (
                <Busy step={taking.state.step} />
              ) : (
                <div className="row">
                  <Act kind="main" onPress={() => void taking.run()}>
                    {t('import.do', { n: total(reading.state.value.summary.readings) })}
                  </Act>
                  <Act onPress={again}>{t('import.other')}</Act>
                </div>
              )}
              {taking.state.is === 'failed' && (
                <Trouble failed={taking.state.failed} onAgain={() => void taking.run()} />
              )}
            </>
          )}
        </Panel>
      )}
      {earlier.state.is === 'done' && earlier.state.value.length > 0 && (
        <Earlier lines={earlier.state.value} onChanged={() => void earlier.run().then(onChanged)} />
      )}
    </Page>
  );
}

const total = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

export function AddTabs({ now }: { now: 'import' | 'devices' }) {
  const { t } = useWords();
  return (
    <nav className="tabs" aria-label={t('add.title')}>
      <a href="#/add" aria-current={now === 'import' ? 'page' : undefined}>
        {t('import.title')}
      </a>
      <a href="#/devices" aria-current={now === 'devices' ? 'page' : undefined}>
        {t('devices.title')}
      </a>
    </nav>
  );
}

function Zones({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  const { t } = useWords();
  return (
    <ComboBox
      className="field"
      defaultItems={zones}
      selectedKey={zone}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      menuTrigger="input"
    >
      <Label>{t('import.zone')}</Label>
      <Input />
      <Popover className="popover menu">
        <ListBox>
          {(one: { id: string }) => <ListBoxItem className="menu-item">{one.id}</ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

type Read = Awaited<ReturnType<typeof import('../worker/data.js').readFile>>;

/** What became of every row. */
function Accounted({ file, read: { summary: s } }: { file: string; read: Read }) {
  const { t, number, moment, list } = useWords();
  const kinds = Object.entries(s.readings).filter(([, n]) => n > 0);
  const rows: [number, Key][] = [
    [s.produced, 'import.produced'],
    [s.duplicates, 'import.repeated'],
    [s.untimed, 'import.untimed'],
    [s.refused.length, 'import.refused'],
  ];
  return (
    <div className="stack" data-accounted={s.rows}>
      <h2>{t('import.readIt', { file })}</h2>
      <p>
        <strong>{t('import.found', { n: total(s.readings) })}</strong>
        {kinds.length > 0 &&
          `: ${list(kinds.map(([k, n]) => `${number(n)} ${t(`import.kind.${k}` as Key)}`))}`}
        {s.firstAt !== null && s.lastAt !== null && (
          <> · {t('import.span', { from: moment(s.firstAt), to: moment(s.lastAt) })}</>
        )}
      </p>
      <dl className="account">
        <div>
          <dt>{t('import.rows', { n: s.rows })}</dt>
          <dd className="fine">{t('import.allRows')}</dd>
        </div>
        {rows
          .filter(([n]) => n > 0)
          .map(([n, key]) => (
            <div key={key}>
              <dt>{number(n)}</dt>
              <dd>{t(key)}</dd>
            </div>
          ))}
      </dl>
      {s.words.low + s.words.high > 0 && (
        <p className="fine">{t('import.words', { n: s.words.low + s.words.high })}</p>
      )}
      {s.refused.length > 0 && (
        <ul className="fine">
          {s.refused.slice(0, toldRows).map((r) => (
            <li key={r.row}>{t('import.row', { n: r.row, why: r.text })}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

type Line = Awaited<ReturnType<typeof import('../worker/data.js').imports>>[number];

function Earlier({ lines, onChanged }: { lines: Line[]; onChanged: () => void }) {
  const { t, date } = useWords();
  const undo = useCall(async (_, id: string) => {
    await ask('undo', { id });
    onChanged();
  });
  return (
    <Panel title={t('import.earlier')}>
      {undo.state.is === 'busy' && <Busy step={null} />}
      {undo.state.is === 'failed' && <Trouble failed={undo.state.failed} />}
      {undo.state.is === 'done' && <Notice kind="good">{t('import.undone')}</Notice>}
      <ul className="lines">
        {lines.map((one) => (
          <li key={one.id}>
            <span>{t('import.line', { n: one.readings, file: one.file, when: date(one.at) })}</span>
            <Act aria-label={`${t('do.undo')}: ${one.file}`} onPress={() => void undo.run(one.id)}>
              {t('do.undo')}
            </Act>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
