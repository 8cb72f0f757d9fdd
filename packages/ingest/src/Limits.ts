// Copyright the Islet authors. AGPL-3.0-or-later.

/** Bytes in one file. A decade of five-minute readings with all its commas is about 80 bytes times a million. */
export const maxFileBytes = 64 * 1024 * 1024;

/** Bytes that archives may unpack to, all members together: a few kilobytes can claim to be gigabytes. */
export const maxUnpackedBytes = 256 * 1024 * 1024;

/** A file that unpacks to more than this is read where it lies, piece by piece, where its format allows it. */
export const maxHeldBytes = 16 * 1024 * 1024;

/** Bytes and records of a file that is read piece by piece: a phone's health of decades. */
export const maxFarBytes = 32 * 1024 * 1024 * 1024;
export const maxFarRows = 100_000_000;

/** Files in an archive that is read where it lies, and the bytes of their list: a route per workout comes along. */
export const maxFarMembers = 65_536;
export const maxFarListBytes = 16 * 1024 * 1024;

/** Files of such an archive that are looked into. */
export const maxFarLooks = 64;

/** Rows of such a file that are named where they were not taken; all are counted. */
export const maxFarRefusals = 1000;

/** Files in one archive, and archives within archives. */
export const maxMembers = 1024;
export const maxArchiveDepth = 3;

/** Levels of a JSON value that is kept as it is. Ours and other programs' readers call themselves once per level. */
export const maxJsonDepth = 32;

/** Data rows (or JSON entries) in one file. */
export const maxRows = 1_000_000;

/** Characters in one line, and in one record that runs over several lines. */
export const maxLineLength = 64 * 1024;

/** Lines that one quoted field may run over. Beyond that the quote is taken for a slip, and costs one row. */
export const maxRecordLines = 32;

/** Fields in one row. */
export const maxFields = 256;

/** Cells of a workbook, the empty ones at the ends of its rows included. */
export const maxCells = 32_000_000;

/** Lines above the column names in which those names are looked for. */
export const maxPreambleLines = 16;

/** Characters of a name or an identity, as sources write them. What is sealed has the same bounds. */
export const maxNameLength = 256;

/** Characters of a time as written. */
export const maxSaidLength = 64;

/** Characters kept of a person's note. */
export const maxNoteLength = 4096;

/** What can be a glucose value at all, mg/dL: wider than any sensor (39 to 500) or meter (10 to 1000) shows. */
export const glucoseMgdl = { leastBySensor: 30, leastByMeter: 10, most: 1000 } as const;

/** The largest number that a reading carries. */
export const maxValue = 1e9;

export const maxInsulinUnits = 1000;
export const maxCarbGrams = 5000;
export const maxKetoneMmol = 50;
export const maxDurationMs = 7 * 86_400_000;

/** The years a time may lie in: old exports are moved into the past to hide whose they are. */
export const years = { first: 1900, last: 2200 } as const;
