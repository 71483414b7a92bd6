/** Asks for a key where the service wants one to read. */

import { useRef } from 'preact/hooks';
import { keepKey } from '../api/client';

export function KeyForm() {
  const field = useRef<HTMLInputElement>(null);
  const keep = (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (key) keepKey(key);
  };
  return (
    <form class="panel key" onSubmit={keep}>
      <label for="key">This service shows its numbers to those with a read key.</label>
      <div>
        <input id="key" ref={field} type="password" autocomplete="off" required />
        <button type="submit">Show</button>
      </div>
    </form>
  );
}
