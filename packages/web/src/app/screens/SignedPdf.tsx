// Copyright the Islet authors. AGPL-3.0-or-later.

import { bands } from '../charts/RangesBar.js';
import { useWords, type Words } from '../i18n/Settings.js';
import { Act, saveFile } from '../parts/Basics.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Figures } from '../worker/Figures.js';
import type { Report } from '../worker/reports.js';
import { limitOf, sufficiencyOf } from './Figures.js';

/** Takes a report along as one page that anyone can check, signed by whoever asked for it. */
export function SignedPdf({ report }: { report: Report }) {
  const words = useWords();
  const { t, language, unit } = words;
  const save = useCall(async () => {
    const made = await ask('reportPdf', {
      requestId: report.requestId,
      language,
      unit,
      words: wordsOn(words, report.figures, report),
    });
    saveFile(made.name, new Uint8Array(made.bytes), 'application/pdf');
  });
  if (save.state.is === 'busy') return <Busy step={null} />;
  return (
    <>
      <Act onPress={() => void save.run()}>{t('pdf.save')}</Act>
      {save.state.is === 'failed' && <Trouble failed={save.state.failed} />}
    </>
  );
}

const figures = ['mean', 'gmi', 'cv', 'sd', 'gri', 'tight', 'wear'] as const;

/** Every word of the page, in the language of the screen. */
function wordsOn(words: Words, shown: Figures, { verified }: Report): Record<string, string> {
  const { t, unit, language, withUnit } = words;
  const isRaw = shown.source === 'glucose/raw';
  const written = (text: string): string => (language === 'en' ? text : text.replaceAll('.', ','));
  const named = Object.fromEntries(figures.map((key) => [key, t(`fig.${key}`)]));
  const ranges = bands.flatMap(({ key, mgdl, mmol }) => [
    [key, t(`fig.${key}`)],
    [`${key}Limits`, `${written(unit === 'mg/dL' ? mgdl : mmol)} ${unit}`],
  ]);
  const levels = (['hypo1', 'hypo2', 'hyper1', 'hyper2'] as const).map((level) => [
    level,
    t(`report.level.${level}`, { limit: withUnit(limitOf[level]) }),
  ]);
  return {
    ...named,
    ...Object.fromEntries(ranges),
    ...Object.fromEntries(levels),
    title: t('report.title'),
    patient: t('verify.patient'),
    period: t('home.period'),
    completeUntil: t('pdf.completeUntil'),
    sufficiency: sufficiencyOf(words, shown),
    ...(!isRaw && { source: `${t('pdf.source')}: ${t(`stream.${shown.source}`)}` }),
    ranges: t('home.ranges'),
    agp: t('home.agp'),
    agpLegend: t('pdf.agpLegend'),
    episodes: t('report.episodes'),
    count: t('report.count'),
    perDay: t('report.perDay'),
    longest: t('report.longest'),
    daily: t(shown.source === 'glucose/week' ? 'report.weekly' : 'report.daily'),
    signedBy: t('pdf.signedBy'),
    checked: t('pdf.checked', { n: verified.segments, block: verified.chainHead }),
    digest: t('pdf.digest'),
    made: t('pdf.made'),
    scan: t('pdf.scan'),
    notDevice: t('app.notDevice'),
  };
}
