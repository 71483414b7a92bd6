/** A small line without axes, beside the number that it explains. */

export function Sparkline({ values }: { values: number[] }) {
  if (values.length < 2) return <svg class="sparkline" viewBox="0 0 100 24" aria-hidden="true" />;
  const most = values.reduce((a, b) => Math.max(a, b), 1e-9);
  const points = values.map((value, i) => {
    const x = (100 * i) / (values.length - 1);
    return `${x.toFixed(2)},${(22 - 20 * (value / most)).toFixed(2)}`;
  });
  return (
    <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,24 ${points.join(' ')} 100,24`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
