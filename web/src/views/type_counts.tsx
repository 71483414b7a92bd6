/** How many events of each type, the most frequent first. */

import { EVENT_TYPES, type Metrics } from '../api/types';
import { count, TYPE_NAMES } from '../model/format';

export function TypeCounts({ metrics }: { metrics: Metrics }) {
  const rows = EVENT_TYPES.map((type) => ({ type, events: metrics.eventsByType[type] ?? 0 }))
    .filter(({ events }) => events > 0)
    .sort((a, b) => b.events - a.events);
  const most = rows[0]?.events ?? 1;
  return (
    <section class="panel types" aria-labelledby="types">
      <h2 id="types">By type</h2>
      <ul>
        {rows.map(({ type, events }) => (
          <li key={type} style={{ '--share': String(Math.sqrt(events / most)) }}>
            <span>{TYPE_NAMES[type][1]}</span>
            <b data-testid={`type-${type}`}>{count(events)}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
