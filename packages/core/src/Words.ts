// Copyright the Islet authors. AGPL-3.0-or-later.

/** The longest text that one person sends another with an ask or its answer, UTF-16 units: a sentence or two. */
export const maxLength = 300;

// Controls, line ends, and what turns, hides or joins the text around it; lone surrogates, private use, marks piled up.
const unfit = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|\p{M}{4,}/u;

/**
 * Whether a text is fit to be shown beside our own words: one line in normal form (NFC), not empty, not over-long, and
 * without anything that could change how what stands around it looks.
 */
export const isPlain = (text: string): boolean =>
  text.length > 0 &&
  text.length <= maxLength &&
  text === text.trim() &&
  text === text.normalize('NFC') &&
  !unfit.test(text);

/** What a person typed as one line: ends of lines and tabs become spaces. It may still not be plain. */
export const oneLine = (typed: string): string => typed.normalize('NFC').replace(/\s+/gu, ' ').trim();
