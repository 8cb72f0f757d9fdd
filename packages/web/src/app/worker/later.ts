// Copyright the Islet authors. AGPL-3.0-or-later.
import * as asking from './asking.js';
import * as byPasskey from './byPasskey.js';
import * as circling from './circling.js';
import * as guarding from './guarding.js';
import * as helping from './helping.js';
import { addPasskey, passkeyInput, passkeyToMake, skipPasskey } from './passkeys.js';
import * as returning from './returning.js';
import * as signing from './signing.js';

const passkeys = { addPasskey, passkeyInput, passkeyToMake, skipPasskey };

export const calls = {
  ...{ ...asking, ...circling, ...guarding, ...helping, ...returning, ...signing },
  ...{ ...passkeys, ...byPasskey },
};
