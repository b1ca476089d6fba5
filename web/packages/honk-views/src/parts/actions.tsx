import type { AllowedActions, HonkError } from 'honk-client';
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { asError } from '../data';
import { Dialog } from './dialog';

/** A word that people may say. `ask` shows what it will do before it is said. */
export interface Action {
  /** As in `allowed_actions`. */
  key: string;
  label: string;
  tone?: 'primary' | 'danger' | 'plain';
  /** Stays in sight when it is not allowed, and says why. */
  always?: boolean;
  /** optional: asked for, may be empty. */
  reason?: 'optional' | 'needed';
  title: string;
  ask?: ReactNode;
  say: (reason: string) => Promise<unknown>;
}

export interface ActionsProps {
  allowed: AllowedActions;
  actions: readonly Action[];
  onDone: () => void;
}

/** Buttons are what the server allows; the others are behind "Not now", with the server's own words. */
export function Actions({ allowed, actions, onDone }: ActionsProps) {
  const [askedKey, setAsked] = useState<string>();
  const asked = actions.find(action => action.key === askedKey); /* as it is now: what a dialog tells may be read after it was opened */
  const [isWhy, setWhy] = useState(false);
  const isAllowed = (action: Action) => allowed[action.key]?.allowed === true;
  const shown = actions.filter(action => isAllowed(action) || action.always);
  const refused = actions.filter(action => !isAllowed(action) && allowed[action.key]);
  return (
    <div className="honk-actions">
      {shown.map(action => {
        const why = allowed[action.key]?.why;
        return (
          <button
            key={action.key}
            type="button"
            className={`honk-button honk-${action.tone ?? 'plain'}`}
            aria-disabled={!isAllowed(action)}
            title={isAllowed(action) ? undefined : why}
            onClick={() => (isAllowed(action) ? setAsked(action.key) : setWhy(true))}
          >
            {action.label}
          </button>
        );
      })}
      {refused.length > 0 && (
        <button type="button" className="honk-button honk-quiet" onClick={() => setWhy(true)} aria-haspopup="dialog">
          Not now<span className="honk-hidden">: why other actions are not possible</span>
          <span className="honk-count">{refused.length}</span>
        </button>
      )}
      {isWhy && (
        <Dialog title="What is not possible now, and why" onClose={() => setWhy(false)}>
          <dl className="honk-why">
            {refused.map(action => (
              <div key={action.key}>
                <dt>{action.label}</dt>
                <dd>{allowed[action.key]?.why ?? 'not now'}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
      {asked && <Ask action={asked} onClose={() => setAsked(undefined)} onDone={onDone} />}
    </div>
  );
}

function Ask({ action, onClose, onDone }: { action: Action; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<HonkError>();
  const [isBusy, setBusy] = useState(false);
  const field = useId();
  const isNeeded = action.reason === 'needed';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || (isNeeded && reason.trim() === '')) return;
    setBusy(true);
    setError(undefined);
    try {
      await action.say(reason.trim());
      onClose();
      onDone();
    } catch (cause) {
      setError(asError(cause));
      setBusy(false);
    }
  };

  return (
    <Dialog title={action.title} onClose={onClose} wide={action.ask !== undefined}>
      <form onSubmit={submit}>
        {action.ask}
        {action.reason && (
          <div className="honk-field">
            <label htmlFor={field}>
              Why? <span className="honk-dim">{isNeeded ? 'people will read it' : 'may stay empty; people will read it'}</span>
            </label>
            <textarea
              id={field}
              rows={2}
              maxLength={2000}
              value={reason}
              required={isNeeded}
              autoFocus
              onChange={event => setReason(event.target.value)}
              onKeyDown={event => {
                if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit();
              }}
            />
          </div>
        )}
        {error && (
          <div className="honk-note honk-tone-bad" role="alert">
            <div>
              <strong>Refused</strong>
              <p>{error.message}</p>
              {error.differences.length > 0 && (
                <ul>
                  {error.differences.map(difference => (
                    <li key={difference}>{difference}</li>
                  ))}
                </ul>
              )}
              {error.hint && <p className="honk-dim">{error.hint}</p>}
            </div>
          </div>
        )}
        <footer>
          <button type="button" className="honk-button" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" className={`honk-button honk-${action.tone ?? 'plain'}`} disabled={isBusy || (isNeeded && reason.trim() === '')}>
            {isBusy ? 'One moment…' : action.label}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
