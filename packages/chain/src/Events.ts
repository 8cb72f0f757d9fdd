// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Abi from './Abi.js';
import { anchorsAbi } from './abi/Anchors.js';
import { consentAbi } from './abi/Consent.js';
import { identityAbi } from './abi/Identity.js';
import { membersAbi } from './abi/Members.js';
import { reviewsAbi } from './abi/Reviews.js';
import * as Circles from './Circles.js';
import type { Deployment } from './Deployment.js';
import * as Erasures from './Erasures.js';
import * as Proposals from './Proposals.js';
import * as Recoveries from './Recoveries.js';
import { type Event, recordDecision, standingOf, type View } from './View.js';

/** Applies one event in place. Events of other contracts change nothing. */
export function apply(view: View, deployment: Deployment, event: Event): void {
  const at = event.timestamp * 1000;
  if (event.address === deployment.consent) applyConsent(view, event, at);
  else if (event.address === deployment.identity) applyIdentity(view, event, at);
  else if (event.address === deployment.circles) Circles.apply(view, event, at);
  else if (event.address === deployment.anchors) applyAnchors(view, event, at);
  else if (event.address === deployment.reviews) applyReviews(view, event, at);
  else if (event.address === deployment.recovery) Recoveries.apply(view.recoveries, event, at);
  else if (event.address === deployment.erasure) Erasures.apply(view.erasures, event, at);
  else if (event.address === deployment.members) applyMembers(view, event, at);
}

function applyConsent(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(consentAbi, event);
  switch (log?.name) {
    case 'Granted':
      view.grants.set(toHex(log.args.grantId), {
        grantHash: toHex(log.args.grantHash),
        patient: toHex(log.args.patient),
        reader: toHex(log.args.reader),
        expiresAt: Number(log.args.expiresAt),
        grantedAt: at,
        revokedAt: null,
      });
      return;
    case 'Revoked': {
      const grant = view.grants.get(toHex(log.args.grantId));
      if (grant) grant.revokedAt ??= at;
      return;
    }
    case 'EmergencyOpened':
      view.emergencies.set(toHex(log.args.requestId), {
        patient: toHex(log.args.patient),
        reader: toHex(log.args.reader),
        grantId: toHex(log.args.grantId),
        statement: toHex(log.args.statement),
        at,
        reviews: [],
      });
      return;
    case 'AccessDecided':
    case 'AccessDenialRepeated': {
      const { args } = log;
      const scope =
        log.name === 'AccessDecided'
          ? {
              streams: log.args.streams.map(toHex),
              firstDay: Number(log.args.firstDay),
              lastDay: Number(log.args.lastDay),
              purpose: toHex(log.args.purpose),
              oneTimeKeyHash: toHex(log.args.oneTimeKeyHash),
            }
          : null;
      recordDecision(view, {
        requestId: toHex(args.requestId),
        patient: toHex(args.patient),
        reader: toHex(args.reader),
        grantId: toHex(args.grantId),
        reason: Number(args.reason),
        scope,
        count: log.name === 'AccessDenialRepeated' ? Number(log.args.count) : 1,
        number: Number(args.number),
        blockNumber: event.blockNumber,
        at,
      });
    }
  }
}

function applyReviews(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(reviewsAbi, event);
  if (log?.name !== 'ReviewClosed') return;
  const review = { by: toHex(log.args.by), justified: Number(log.args.outcome) === 1, at };
  view.emergencies.get(toHex(log.args.requestId))?.reviews.push(review);
}

function applyIdentity(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(identityAbi, event);
  if (!log || log.name === 'EIP712DomainChanged') return;
  const id = toHex(log.args.account);
  if (log.name === 'Registered') {
    view.accounts.set(id, {
      signers: new Set([toHex(log.args.signer)]),
      formerSigners: new Set(),
      addedAt: new Map([[toHex(log.args.signer), at]]),
      encryptionKeyHash: toHex(log.args.encryptionKeyHash),
      gateways: new Map(),
    });
    return;
  }
  const account = view.accounts.get(id);
  if (!account) return;
  switch (log.name) {
    case 'SignerAdded':
      account.signers.add(toHex(log.args.signer));
      account.addedAt.set(toHex(log.args.signer), at);
      return;
    case 'SignerRemoved':
      account.signers.delete(toHex(log.args.signer));
      account.formerSigners.add(toHex(log.args.signer));
      return;
    case 'SignersReplaced':
      for (const signer of account.signers) account.formerSigners.add(signer);
      account.signers = new Set([toHex(log.args.signer)]);
      account.addedAt.set(toHex(log.args.signer), at);
      return;
    case 'GatewayAuthorised':
      account.gateways.set(toHex(log.args.gatewayKey), { authorisedAt: at, endedAt: null });
      return;
    case 'GatewayEnded': {
      const gateway = account.gateways.get(toHex(log.args.gatewayKey));
      if (gateway) gateway.endedAt ??= at;
      return;
    }
    case 'EncryptionKeyReplaced':
      account.encryptionKeyHash = toHex(log.args.encryptionKeyHash);
  }
}

function applyAnchors(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(anchorsAbi, event);
  if (log?.name !== 'Anchored') return;
  const hub = log.args.hub.slice(2);
  const place = `${hub}/${log.args.number}`;
  view.roots.set(place, toHex(log.args.root));
  view.anchoredAt.set(place, at);
  view.batches.set(hub, Number(log.args.number));
}

function applyMembers(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(membersAbi, event);
  switch (log?.name) {
    case 'CustodianSet': {
      const former = view.custodians.get(Number(log.args.index));
      if (former) view.formerCustodians.add(former.signingKey);
      view.custodians.set(Number(log.args.index), {
        org: toHex(log.args.org),
        signingKey: toHex(log.args.signingKey),
        account: log.args.account.slice(2),
      });
      view.custodianSetVersion = Number(log.args.setVersion);
      return;
    }
    case 'ThresholdSet':
      view.threshold = Number(log.args.threshold);
      view.custodianSetVersion = Number(log.args.setVersion);
      return;
    case 'OrganisationAdded':
      view.organisations.set(toHex(log.args.org), { admin: log.args.admin.slice(2), active: true });
      return;
    case 'OrganisationSuspended':
    case 'OrganisationResumed': {
      const organisation = view.organisations.get(toHex(log.args.org));
      if (organisation) organisation.active = log.name === 'OrganisationResumed';
      return;
    }
    case 'RelaySet':
      view.relays.set(log.args.relay.slice(2), toHex(log.args.org));
      return;
    case 'RelayRemoved':
      view.relays.delete(log.args.relay.slice(2));
      return;
    case 'ReaderVouched': {
      const id = toHex(log.args.reader);
      const former = view.vouches.get(id);
      // Vouching once more goes on with the vouch there is, and with the appointments made under it.
      if (former && standingOf(view, log.args.reader) === 'good') return;
      view.vouches.set(id, { org: toHex(log.args.org), number: (former?.number ?? 0) + 1, active: true });
      return;
    }
    case 'ReaderVouchEnded': {
      const vouch = view.vouches.get(toHex(log.args.reader));
      if (vouch) vouch.active = false;
      return;
    }
    default:
      if (!log) return;
      applyRoles(view, log);
      Proposals.apply(view.proposals, log, at);
  }
}

function applyRoles(view: View, log: Abi.DecodedLog<typeof membersAbi>): void {
  switch (log.name) {
    case 'RoleCreated':
      // Ids of roles cannot be chosen, so this is a forged role over the grants of whoever has the account.
      if (view.accounts.has(toHex(log.args.role))) return;
      view.roles.set(toHex(log.args.role), {
        org: toHex(log.args.org),
        keyHash: toHex(log.args.keyHash),
        appointments: new Map(),
      });
      return;
    case 'RoleKeyReplaced': {
      const role = view.roles.get(toHex(log.args.role));
      if (role) role.keyHash = toHex(log.args.keyHash);
      return;
    }
    case 'Appointed': {
      const reader = toHex(log.args.reader);
      const number = view.vouches.get(reader)?.number;
      if (number !== undefined) view.roles.get(toHex(log.args.role))?.appointments.set(reader, number);
      return;
    }
    case 'Dismissed':
      view.roles.get(toHex(log.args.role))?.appointments.delete(toHex(log.args.reader));
  }
}
