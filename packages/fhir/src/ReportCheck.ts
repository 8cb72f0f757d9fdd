// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Chain } from '@islet/client/AccessCheck';
import * as ReportStatement from '@islet/client/ReportStatement';
import { equal } from '@islet/core/crypto/bytes';
import * as Report from './Report.js';
import * as ReportPdf from './ReportPdf.js';

type View = NonNullable<Chain>['view'];

const { ReportTamperedError } = ReportStatement;

/**
 * Checks a report file from its bytes: that the figures are those of the statement, that the statement is signed and the
 * chain knows its signer, its request and its anchors, and that the page shows this and nothing else. The first thing
 * that does not hold is thrown by its name, `REPORT_TAMPERED`. `viewOf` follows the chain that the file names; null leaves
 * out what only a chain can tell.
 */
export async function check(
  bytes: Uint8Array,
  viewOf: (report: Report.Report) => Promise<View | null>,
): Promise<Report.Report> {
  const report = await ReportPdf.read(bytes);
  const { signed, data, anchors } = report;
  const [stated, shown] = [signed.statement.metrics, Report.metricsOf(data)];
  for (const metric of ReportStatement.metrics)
    if (stated[metric] !== shown[metric])
      throw new ReportTamperedError(metric, 'the figure is not the one that was stated');
  if (!equal(Report.dataHash(data), signed.statement.dataHash))
    throw new ReportTamperedError('the data of the report', 'they are not those that were stated');
  ReportStatement.checkSignature(signed);
  await checkPage(bytes, report);
  const view = await viewOf(report);
  if (!view) return report;
  ReportStatement.checkOnChain(signed, view);
  ReportStatement.checkAnchors(signed, anchors, view);
  return report;
}

/** Draws the page again and compares: by name first, then every byte. */
async function checkPage(bytes: Uint8Array, report: Report.Report): Promise<void> {
  const should = await ReportPdf.render(report);
  if (equal(should, bytes)) return;
  const [there, wanted] = [await ReportPdf.partsOf(bytes), await ReportPdf.partsOf(should)];
  for (const [name, drawn] of wanted)
    if (there.get(name) !== drawn)
      throw new ReportTamperedError(name, 'the page shows something else than was signed');
  // Something laid over it, another page, another font: or saved anew by another program. Nobody can tell which.
  throw new ReportTamperedError('the page as a whole', 'it is not as Islet wrote it');
}
