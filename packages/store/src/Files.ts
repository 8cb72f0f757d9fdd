// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * The disk, as small as this room needs it, so that tests can make any single call fail and can pull the plug
 * between any two. Errors carry the operating system's `code` (`ENOSPC`, `EIO`, `ENOENT`…).
 * A change of names is durable only after `syncFolder`, bytes only after `datasync` or `sync`.
 */
export interface Files {
  /** An existing file, for reading and writing. */
  open(path: string): Promise<OpenFile>;
  /** A new file, mode 0600. `EEXIST` where there is one. */
  create(path: string): Promise<OpenFile>;
  /** The names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and those above it, mode 0700, durably. Nothing happens where it exists. */
  makeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens where there is no such file. */
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
}

export interface OpenFile {
  stat(): Promise<{ size: number /** permission bits */; mode: number }>;
  /** `length` bytes from `position`, fewer only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** All of the bytes, or an error after any part of them. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** The bytes, and the size where it grew. */
  datasync(): Promise<void>;
  /** Everything, also a size that shrank. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The operating system's name for what went wrong, for messages. */
export const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'an unknown error';
};
