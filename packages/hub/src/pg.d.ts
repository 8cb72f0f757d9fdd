// Copyright the Islet authors. AGPL-3.0-or-later.
// The little of `pg` that kysely and the tests need: the package carries no types of its own.
declare module 'pg' {
  import type { PostgresPool } from 'kysely';

  export const Pool: new (options: {
    connectionString: string;
    max: number;
  }) => PostgresPool & {
    on(event: 'error', listener: (error: Error) => void): void;
    query(sql: string): Promise<unknown>;
  };
}
