import type { Migration } from 'honk-client';
import { count, shortRef } from '../format';
import { failuresAllowed, paceText } from '../pace';
import { Card } from '../parts/basics';

/** How changes go out, and who failed and was left to people while the others went on. */
export function PaceCard({ migration }: { migration: Migration }) {
  const { pace, left = [] } = migration;
  if (!pace) return null;
  const allowed = failuresAllowed(pace);
  return (
    <Card title="Pace" tone={left.length > 0 ? 'waits' : undefined} aside={`${count(left.length)} of ${count(pace.of)} failed`}>
      <p className="honk-dim">It {paceText(pace)}.</p>
      {left.length > 0 && (
        <>
          <p>
            Left to people (at most {count(allowed)} may be{left.length > allowed && ', so it stops'}):
          </p>
          <ul className="honk-names" aria-label="consumers left to people">
            {left.map(ref => (
              <li key={ref}>
                <strong title={ref}>{shortRef(ref)}</strong>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
