// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';

/** Which processes live. An id names one run of one process and is never used twice: letters, digits and dots. */
export interface Processes {
  self(): Promise<string>;
  isAlive(id: string): Promise<boolean>;
}

/**
 * The processes of this machine, as `boot.pid.start`: a process number alone comes round again, but not with the same
 * start tick within the same boot. Where there is no `/proc`, the number alone must do. Processes of another container are
 * not seen: two containers must not share a folder.
 */
export const machineProcesses: Processes = {
  self: async () => `${await bootOf()}.${process.pid}.${(await startOf(process.pid)) ?? '0'}`,
  isAlive: async (id) => {
    const [boot, pid, start] = id.split('.');
    if (boot !== (await bootOf())) return false;
    const now = await startOf(Number(pid));
    if (now !== undefined) return now === start;
    return start === '0' && answers(Number(pid));
  },
};

async function bootOf(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '0');
  return text.replaceAll('-', '').trim().slice(0, 12);
}

// Field 22 of /proc/<pid>/stat (proc(5)), counted behind the program's name, which may itself hold spaces and brackets.
async function startOf(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19];
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
