// Copyright the Islet authors. AGPL-3.0-or-later.
// Sources with one check taken out: prove.mjs must fail to prove what `breaks` says, or it proves nothing at all.

export const mutants = [
  {
    what: 'no check for revocation',
    in: 'Consent',
    find: 'if (s.revoked) return Reasons.REVOKED;',
    put: '',
    of: 'Consent',
    breaks: 'a revoked grant never decides granted',
  },
  {
    what: 'no limit of uses',
    in: 'Consent',
    find: 'if (g.maxUses != 0 && s.uses >= g.maxUses) return Reasons.NO_USES_LEFT;',
    put: '',
    of: 'Consent',
    breaks: 'uses grow by one at most, for the requested grant only, and never exceed what it allows',
  },
  {
    what: 'no check of who holds the role',
    in: 'Consent',
    find: 'if (!_members.holdsRole(g.reader, r.reader)) return Reasons.NOT_IN_ROLE;',
    put: '',
    of: 'Consent',
    breaks: 'under a grant to a role, who does not hold the role is never granted',
  },
  {
    what: 'a rolling window of one day more',
    in: 'Consent',
    find: '- int256(uint256(g.rollingDays))',
    put: '- int256(uint256(g.rollingDays)) - 1',
    of: 'Consent',
    breaks: "no day outside the grant's window or its rolling days is granted",
  },
  {
    what: 'no check of the signer',
    in: 'Consent',
    find: 'require(_identity.speaksFor(account, signer), ConsentNotASigner(account));',
    put: '',
    of: 'Consent',
    breaks: "only a signer of the patient's account can grant, by a valid signature of what is recorded",
  },
  {
    what: 'a grant id that may be taken again',
    in: 'Consent',
    find: 'require(_commitments[g.grantId] == bytes32(0), ConsentGrantExists(g.grantId));',
    put: '',
    of: 'Consent',
    breaks: 'a recorded grant never changes by granting',
  },
  {
    what: 'a repeated denial written twice',
    in: 'Consent',
    find: 'reason, count, number);\n                return;',
    put: 'reason, count, number);',
    of: 'Consent',
    breaks: 'the log has exactly one entry per decision, and its numbers have no gap',
  },
  {
    what: 'any number for a batch',
    in: 'Anchors',
    find: 'require(number == expected, AnchorsWrongNumber(expected));',
    put: '',
    of: 'Anchors',
    breaks: 'an anchor never changes',
  },
];
