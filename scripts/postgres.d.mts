// Copyright the Islet authors. AGPL-3.0-or-later.
export function programs(): string;
export function runner(): { uid?: number; gid?: number };
