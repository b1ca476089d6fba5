import { useHonk } from '../context';
import { useNow } from '../data';

/** Whether what is shown is what is; and, when not, since when and what happens next. */
export function Connection() {
  const { connection, retry } = useHonk();
  const now = useNow();
  if (connection.state === 'waiting') {
    const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
    return (
      <div className="honk-connection honk-tone-bad" role="status">
        <i aria-hidden="true" />
        <span>
          Disconnected <span className="honk-dim">{seconds > 0 ? `next try in ${seconds} s` : 'trying'}</span>
        </span>
        <button type="button" className="honk-link" onClick={retry}>
          now
        </button>
      </div>
    );
  }
  const shown = {
    live: { tone: 'good', text: 'Live' },
    connecting: { tone: 'moves', text: 'Connecting' },
    asleep: { tone: 'over', text: 'Asleep' },
    refused: { tone: 'bad', text: 'Not let in' },
  }[connection.state];
  return (
    <div className={`honk-connection honk-tone-${shown.tone}`} role="status">
      <i aria-hidden="true" />
      <span>{shown.text}</span>
    </div>
  );
}
