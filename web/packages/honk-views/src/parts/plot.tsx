interface PlotProps {
  values: readonly number[];
  /** When each was so, in milliseconds; without it they are equally far apart. */
  times?: readonly number[];
  label: string;
  width?: number;
  height?: number;
  limit?: number;
  /** What stands at the top, when it is more than any value. */
  most?: number;
}

/** A line of a few values, without axes: how it went, not how much exactly. The last value stands in its label. */
export function Plot({ values, times, label, width = 120, height = 28, limit, most: top = 1 }: PlotProps) {
  const first = times?.[0] ?? 0;
  const span = (times?.at(-1) ?? 0) - first;
  const most = Math.max(...values, limit ?? 0, top);
  const part = (i: number) => (times && span > 0 ? (times[i]! - first) / span : i / (values.length - 1));
  const x = (i: number) => (values.length > 1 ? part(i) * (width - 4) + 2 : width / 2);
  const y = (value: number) => height - 2 - (value / most) * (height - 4);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const last = values.at(-1) ?? 0;
  return (
    <svg className="honk-plot" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${label}: ${last.toLocaleString('en-US')} at last`}>
      {limit !== undefined && <line x1="0" x2={width} y1={y(limit)} y2={y(limit)} className="honk-plot-limit" />}
      <polyline points={points} fill="none" />
      <circle cx={x(values.length - 1)} cy={y(last)} r="2" />
    </svg>
  );
}

/** What became of each check, oldest first: a row of marks that differ in height and colour. */
export function Marks({ marks, label }: { marks: readonly { kind: 'pass' | 'fail' | 'unclear'; title: string }[]; label: string }) {
  return (
    <span className="honk-marks" role="img" aria-label={label}>
      {marks.map((mark, i) => (
        <i key={i} className={`honk-mark-${mark.kind}`} title={mark.title} />
      ))}
    </span>
  );
}
