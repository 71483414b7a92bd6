/** Yellow and red cards as small cards with their numbers. */

import { count } from '../model/format';

export function Cards({ yellow, red }: { yellow: number; red: number }) {
  return (
    <span class="cards">
      {yellow > 0 ? (
        <span>
          <i class="card yellow" aria-hidden="true" />
          {count(yellow)}
          <span class="unseen"> yellow {yellow === 1 ? 'card' : 'cards'}</span>
        </span>
      ) : null}
      {red > 0 ? (
        <span>
          <i class="card red" aria-hidden="true" />
          {count(red)}
          <span class="unseen"> red {red === 1 ? 'card' : 'cards'}</span>
        </span>
      ) : null}
    </span>
  );
}
