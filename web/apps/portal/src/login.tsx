import { HonkError, type HonkClient, type Who } from 'honk-client';
import { Goose } from 'honk-views';
import { useState, type FormEvent } from 'react';
import { logIn } from './session';

export function Login({ client, error: first, onIn }: { client: HonkClient; error?: HonkError; onIn: (who: Who) => void }) {
  const [error, setError] = useState<HonkError | undefined>(first);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('token') as HTMLInputElement;
    const token = field.value.trim();
    if (token === '' || isBusy) return;
    setBusy(true);
    try {
      const who = await logIn(client, { token });
      field.value = '';
      onIn(who);
    } catch (cause) {
      setError(cause instanceof HonkError ? cause : undefined);
      setBusy(false);
      field.select();
    }
  };
  return (
    <main className="honk portal-login">
      <form onSubmit={submit} autoComplete="off">
        <span className="portal-brand-mark">
          <Goose size={34} />
        </span>
        <h1>Honk</h1>
        <p className="honk-dim">Moves datasets, and everything downstream of them, by plans that people approved.</p>
        <label htmlFor="token">Your token</label>
        <input id="token" name="token" type="password" required autoFocus placeholder="honk_…" spellCheck={false} aria-describedby="token-help" aria-invalid={error !== undefined} />
        {error && (
          <p className="portal-error" role="alert">
            {error.code === 'offline' ? 'The server does not answer.' : error.message}
          </p>
        )}
        <button type="submit" className="honk-button honk-primary" disabled={isBusy}>
          {isBusy ? 'One moment…' : 'Log in'}
        </button>
        <p id="token-help" className="honk-dim">
          On the machine where the server runs, <code>honk login --new YOU</code> makes one. Here it becomes a session that scripts cannot read. The demo shows a link that logs you in.
        </p>
      </form>
    </main>
  );
}
