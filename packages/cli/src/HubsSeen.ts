// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import type { Seen } from '@islet/client/Hubs';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

/** Remembers on this computer where people said that their data are, so that no hub can bring back what they said before. */
export function hubsSeen(home: Home.Home): Seen {
  const folder = Home.hubsSeen(home);
  return {
    read: (account) => PrivateFile.read(join(folder, account)),
    async write(account, word) {
      await nodeFiles.makeFolder(folder);
      await PrivateFile.write(join(folder, account), word);
    },
  };
}
