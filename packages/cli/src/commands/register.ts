// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import { registerAccess } from './access.js';
import { registerCircle } from './circle.js';
import { registerDevice } from './device.js';
import { registerDid } from './did.js';
import { registerDrill } from './drill.js';
import { registerEmergency } from './emergency.js';
import { registerErase } from './erase.js';
import { registerExport } from './export.js';
import { registerFollow } from './follow.js';
import { registerGrant } from './grant.js';
import { registerGrants } from './grants.js';
import { registerGuardians } from './guardians.js';
import { registerImport } from './import.js';
import { registerKit } from './kit.js';
import { registerMembers } from './members.js';
import { registerPair } from './pair.js';
import { registerReceipts } from './receipts.js';
import { registerRecover } from './recover.js';
import { registerReport } from './report.js';
import { registerReshare } from './reshare.js';
import { registerReviews } from './reviews.js';
import { registerRevoke } from './revoke.js';
import { registerRole } from './role.js';
import { registerStart } from './start.js';
import { registerVerify } from './verify.js';

/** The commands about people's data, in the order one meets them. */
export function registerCommands(program: Command, context: Context): void {
  for (const register of [
    registerStart,
    registerImport,
    registerPair,
    registerReceipts,
    registerGrant,
    registerGrants,
    registerRevoke,
    registerRole,
    registerCircle,
    registerMembers,
    registerReshare,
    registerReport,
    registerEmergency,
    registerReviews,
    registerFollow,
    registerAccess,
    registerVerify,
    registerExport,
    registerErase,
    registerDevice,
    registerKit,
    registerGuardians,
    registerDrill,
    registerRecover,
    registerDid,
  ])
    register(program, context);
}
