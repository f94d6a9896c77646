import type { Request } from 'express';
import { errors } from '../errors.ts';
import { localText } from '../languages.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { User } from './accounts.service.ts';
import type { Viewer } from './scope.ts';

/** The viewer of a page that only signed-in people have. @throws core:sign-in-required */
export function signedIn(request: Request): Viewer {
  if (!request.viewer) throw errors.signInRequired();
  return request.viewer;
}

/** A person in the reader's words, without anything that pages must not show. */
export async function described(user: User, { language, t }: Request, regions: Regions) {
  const [organisation] = user.organisation ? await regions.organisationsByIds([user.organisation]) : [];
  return {
    id: user._id,
    name: user.name,
    account: user.account,
    phone: user.phone,
    idMasked: user.idMasked,
    organisation: localText(organisation?.name, language),
    stage: user.stage ? t(`stage.${user.stage}`) : undefined,
    subject: user.subject ? t(`subject.${user.subject}`) : undefined,
    roles: [...new Set(user.grants.map((grant) => t(`role.${grant.role}`)))],
    state: user.disabled ? 'blocked' : user.passwordHash ? 'active' : 'invited',
  };
}
