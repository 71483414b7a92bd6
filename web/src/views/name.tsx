/** A name from a feed: any text, of up to 256 bytes. It keeps its own direction, and is cut where there is no room. */

export function Name({ children: name, lines = 1 }: { children: string; lines?: 1 | 2 | 3 }) {
  return (
    <bdi class={`clip lines-${lines}`} title={name}>
      {name}
    </bdi>
  );
}
