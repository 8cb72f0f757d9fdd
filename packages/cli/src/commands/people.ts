// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Commands } from '../Commands.js';

/** The commands about people's data, in the order one meets them. */
export const people: Commands = {
  start: async () => (await import('./start.js')).registerStart,
  import: async () => (await import('./import.js')).registerImport,
  pair: async () => (await import('./pair.js')).registerPair,
  move: async () => (await import('./move.js')).registerMove,
  receipts: async () => (await import('./receipts.js')).registerReceipts,
  grant: async () => (await import('./grant.js')).registerGrant,
  grants: async () => (await import('./grants.js')).registerGrants,
  revoke: async () => (await import('./revoke.js')).registerRevoke,
  role: async () => (await import('./role.js')).registerRole,
  members: async () => (await import('./members.js')).registerMembers,
  reshare: async () => (await import('./reshare.js')).registerReshare,
  report: async () => (await import('./report.js')).registerReport,
  emergency: async () => (await import('./emergency.js')).registerEmergency,
  reviews: async () => (await import('./reviews.js')).registerReviews,
  watch: async () => (await import('./watch.js')).registerWatch,
  follow: async () => (await import('./follow.js')).registerFollow,
  access: async () => (await import('./access.js')).registerAccess,
  verify: async () => (await import('./verify.js')).registerVerify,
  export: async () => (await import('./export.js')).registerExport,
  erase: async () => (await import('./erase.js')).registerErase,
  device: async () => (await import('./device.js')).registerDevice,
  kit: async () => (await import('./kit.js')).registerKit,
  guardians: async () => (await import('./guardians.js')).registerGuardians,
  drill: async () => (await import('./drill.js')).registerDrill,
  recover: async () => (await import('./recover.js')).registerRecover,
  child: async () => (await import('./child.js')).registerChild,
  handover: async () => (await import('./handover.js')).registerHandover,
  did: async () => (await import('./did.js')).registerDid,
};
