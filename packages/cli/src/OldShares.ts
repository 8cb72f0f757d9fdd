// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Resharing from '@islet/client/Resharing';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import { streams } from '@islet/core/Stream';
import { connect } from './Connect.js';
import type { Problem } from './Doctor.js';
import type * as Home from './Home.js';
import * as People from './People.js';

/**
 * Whose data here still rest on custodians that members have replaced. On record as a look of each person's own, so only
 * where it is asked for. Throws `CLI_NOT_RUNNING`.
 */
export async function find(home: Home.Home): Promise<Problem[]> {
  await using network = await connect(home);
  const problems: Problem[] = [];
  for (const name of await People.names(home)) {
    const { wallet, notes } = await People.need(home, name);
    if (!notes.hasData || notes.erased) continue;
    try {
      const wanted = { streams: [...streams], firstDay: Day.first, lastDay: Day.last };
      const found = await Resharing.survey(network, wallet, wanted);
      if (found.old > 0) problems.push(problemOf(name, found, network.chain.state.custodianSetVersion));
    } catch (error) {
      if (!(error instanceof IsletError)) throw error;
      problems.push({ code: error.code, message: `${name}: ${error.message}` });
    }
  }
  return problems;
}

function problemOf(
  name: string,
  { epochs, old, oldest, firstDay }: Resharing.Found,
  present: number,
): Problem {
  const from = firstDay === null ? '' : ` --from ${Day.format(firstDay)}`;
  const message = `${old} of ${epochs} epochs of ${name} rest on a former set of custodians (${oldest}; the present one is ${present}): who was replaced still counts for them, and who is new does not. Deal them anew: npx islet reshare${from} --person ${name}`;
  return { code: 'CLI_OLD_SHARES', message };
}
