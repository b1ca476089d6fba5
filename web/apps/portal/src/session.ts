import type { HonkClient, Who } from 'honk-client';

/** The server answers with a cookie that no script can read; the token itself is kept nowhere. */
export const logIn = (client: HonkClient, as: { token: string } | { person: string }): Promise<Who> =>
  client.post('/session', { body: as }) as Promise<Who>;

export const logOut = (client: HonkClient): Promise<unknown> => client.delete('/session');
