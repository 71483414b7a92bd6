/** How long ago something was. Alone, so that the passing of time draws these words and nothing around them. */

import { fullTime, since } from '../model/format';
import { now } from '../state';

export function Since({ at }: { at: number }) {
  return <time title={fullTime(at)}>{since(at, now.value)}</time>;
}
