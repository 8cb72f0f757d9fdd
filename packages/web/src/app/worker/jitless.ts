// Copyright the Islet authors. AGPL-3.0-or-later.
// The page forbids making code from text, so zod is not to try. Must run before any schema is made.
import * as z from 'zod';

z.config({ jitless: true });
