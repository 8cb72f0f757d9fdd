// Copyright the Islet authors. AGPL-3.0-or-later.
import { en } from './en.js';
import type { Catalogue } from './Language.js';

export const es: Catalogue = en;
