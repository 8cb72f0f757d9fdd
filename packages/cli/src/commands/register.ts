// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import { registerAccess } from './access.js';
import { registerChild } from './child.js';
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
import { registerHandover } from './handover.js';
import { registerImport } from './import.js';
import { registerKit } from './kit.js';
import { registerMembers } from './members.js';
import { registerMove } from './move.js';
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
import { registerWatch } from './watch.js';

/** The commands about people's data, in the order one meets them. */
export function registerCommands(program: Command, context: Context): void {
  for (const register of [
    registerStart,
    registerImport,
    registerPair,
    registerMove,
    registerReceipts,
    registerGrant,
    registerGrants,
    registerRevoke,
    registerRole,
    registerMembers,
    registerReshare,
    registerReport,
    registerEmergency,
    registerReviews,
    registerWatch,
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
    registerChild,
    registerHandover,
    registerDid,
  ])
    register(program, context);
}
