// Copyright the Islet authors. AGPL-3.0-or-later.

/** What a person can let others look for, in the words of grants. */
export const grantable = ['treatment', 'care-giving', 'emergency', 'research', 'payment'] as const;

/** All purposes: `own` is the person looking at their own data, which needs no grant. */
export const purposes = [...grantable, 'own'] as const;

export type Purpose = (typeof purposes)[number];

export const isPurpose = (text: string): text is Purpose => (purposes as readonly string[]).includes(text);

/** HL7 v3 PurposeOfUse (code system v3-ActReason). */
export const hl7: Record<Purpose, string> = {
  treatment: 'TREAT',
  'care-giving': 'FAMRQT',
  emergency: 'ETREAT',
  research: 'HRESCH',
  payment: 'HPAYMT',
  own: 'PATRQT',
};
