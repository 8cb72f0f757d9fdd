// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Commands } from '../Commands.js';

/** The commands about the services of this machine. */
export const services: Commands = {
  up: async () => (await import('./up.js')).registerUp,
  down: async () => (await import('./down.js')).registerDown,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
};
