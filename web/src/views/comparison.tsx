/** What each team did, side by side. */

import { count, TYPE_NAMES } from '../model/format';
import { compare, type MatchShape } from '../model/timeline';
import type { TeamNames } from './match';
import { Name } from './name';

export function Comparison({ shape, names }: { shape: MatchShape; names: TeamNames }) {
  return (
    <section class="panel comparison" aria-labelledby="comparison">
      <h2 id="comparison">Teams compared</h2>
      <table>
        <thead>
          <tr>
            <th scope="col" class="home">
              <Name>{names[1]}</Name>
            </th>
            <th scope="col">
              <span class="unseen">What</span>
            </th>
            <th scope="col" class="away">
              <Name>{names[2]}</Name>
            </th>
          </tr>
        </thead>
        <tbody>
          {compare(shape.teams).map(({ type, home, away }) => (
            <tr key={type}>
              <td class="home">
                <b>{count(home)}</b>
                <i aria-hidden="true" style={{ '--share': String(home / (home + away)) }} />
              </td>
              <th scope="row">{TYPE_NAMES[type][1]}</th>
              <td class="away">
                <i aria-hidden="true" style={{ '--share': String(away / (home + away)) }} />
                <b>{count(away)}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
