import { randomInt } from 'node:crypto';
import { type ClientSession, type InferSchemaType, type Model, trusted } from 'mongoose';
import { projectionOf, type ReadsById, readsFrom } from '../database/reads-by-id.ts';
import { AppError, errors } from '../errors.ts';
import { newId } from '../ids.ts';
import { Kept } from '../kept.ts';
import { normalisePhone } from '../normalise/phone.ts';
import { plainText } from '../normalise/text.ts';
import { pageOf } from '../page-of.ts';
import type { Regions } from '../regions/regions.service.ts';
import { isSameSecret } from '../secrets.ts';
import type { Transaction } from '../transaction.ts';
import type { Audit } from './audit.ts';
import { documentNumber, type IdDocumentKind } from './id-document.ts';
import { maskIdNumber } from './id-number.ts';
import type { IdVault } from './id-vault.ts';
import { weaknessOf } from './password-strength.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { type Grant, type Scope, type Scoped, unscoped, type Viewer } from './scope.ts';
import type { identitySchema, userSchema } from './user.model.ts';

export type User = InferSchemaType<typeof userSchema>;
type Identity = InferSchemaType<typeof identitySchema>;

/**
 * What is known of a person when their account is made. `idNumber` is plain here and nowhere else: the number of an
 * identity document in its one written form, of the kind `idKind` where it is no identity number.
 */
export interface NewPerson {
  name: string;
  account?: string | undefined;
  phone?: string | undefined;
  idNumber?: string | undefined;
  idKind?: IdDocumentKind | undefined;
  password?: string | undefined;
  /** What `hashPassword` made, where many people start with one password. */
  passwordHash?: string | undefined;
  organisation?: string | undefined;
  stage?: string | undefined;
  subject?: string | undefined;
  title?: string | undefined;
  sex?: 'male' | 'female' | undefined;
  grants?: Grant[];
}

interface AccountsDeps {
  models: { users: Model<User>; identities: Model<Identity> };
  transaction: Transaction;
  regions: Regions;
  vault: IdVault;
  audit: Audit;
  /** Told when somebody lost a grant, so that open connections do not outlive it. */
  revoked(user: string): void;
}

const activationMs = 30 * 86_400_000;
/** How long a viewer is kept in memory, in milliseconds. */
const keptMs = 2_000;

/** People, what they sign in with, and what they may do where. */
export class Accounts {
  readonly #deps: AccountsDeps;
  /** Every request asks who is there; pages come in bursts. */
  readonly #viewers = new Kept<Viewer | undefined>(keptMs);
  readonly #seen: ReadsById<Pick<User, '_id' | 'name' | 'language' | 'organisation' | 'grants' | 'disabled'>>;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
    this.#seen = readsFrom(this.#users.collection, ['name', 'language', 'organisation', 'grants', 'disabled']);
  }

  get #users() {
    return this.#deps.models.users;
  }

  /**
   * The viewer that a session stands for, or undefined where the person is gone or disabled. What another server process
   * changes is seen two seconds later.
   */
  viewer(id: string): Promise<Viewer | undefined> {
    return this.#viewers.get(id, () => this.#readViewer(id));
  }

  async #readViewer(id: string): Promise<Viewer | undefined> {
    const user = await this.#seen.get(id);
    if (!user || user.disabled) return undefined;
    return {
      id: user._id,
      name: user.name,
      language: user.language ?? undefined,
      organisation: user.organisation ?? undefined,
      grants: user.grants as Grant[],
    };
  }

  /**
   * The person who signs in with this account name, phone or ID number and this password.
   * @throws core:wrong-credentials
   */
  async authenticate(login: string, password: string): Promise<Viewer> {
    const user = await this.#byLogin(login);
    const right = await verifyPassword(user?.passwordHash ?? undefined, password);
    const viewer = right && user ? await this.viewer(user._id) : undefined;
    if (!viewer) throw errors.wrongCredentials();
    return viewer;
  }

  /** @throws core:conflict-account, core:conflict-phone, core:conflict-id-number */
  async create(person: NewPerson): Promise<User> {
    const [made] = await this.createMany([person]);
    return made as User;
  }

  /**
   * Makes all of these people or none.
   * @throws core:conflict-account, core:conflict-phone, core:conflict-id-number
   */
  async createMany(people: NewPerson[]): Promise<User[]> {
    const scopes = await this.#scopesByOrganisation(people);
    const prepared = await Promise.all(people.map((person) => this.#prepare(person, scopes)));
    const identities = prepared.flatMap(({ user, logins }) => logins.map((_id) => ({ _id, user: user._id })));
    await this.#refuseTaken(identities.map((identity) => identity._id));
    await this.#store(async (session) => {
      await this.#deps.models.identities.insertMany(identities, { session, lean: true });
      await this.#users.insertMany(
        prepared.map(({ user }) => user),
        { session, lean: true },
      );
    });
    return prepared.map(({ user }) => user);
  }

  async get(id: string): Promise<User> {
    const user = await this.#users.findById(id).lean();
    if (!user) throw errors.notFound();
    return user;
  }

  /** The person if the filter's scope covers them. @throws core:not-found */
  async getWithin(id: string, scope: Scoped): Promise<User> {
    const user = await this.#users.findOne({ $and: [{ _id: id }, scope] }).lean();
    if (!user) throw errors.notFound();
    return user;
  }

  /** Those of the ids that there are, with the fields that are shown or with all. */
  byIds<F extends keyof User = keyof User>(ids: string[], fields?: readonly F[]): Promise<Pick<User, F | '_id'>[]> {
    const found = this.#users.find({ _id: trusted({ $in: ids }) });
    return (fields ? found.select(projectionOf(fields)) : found).lean() as PromiseLike<unknown> as Promise<
      Pick<User, F | '_id'>[]
    >;
  }

  /** Those of the ids who have chosen a password: the others have never signed in, and read no message here. */
  async activated(ids: string[]): Promise<Set<string>> {
    const filter = { _id: trusted({ $in: ids }), passwordHash: trusted({ $exists: true }) };
    const found = await this.#users.find(filter).select({ _id: 1 }).lean();
    return new Set(found.map(({ _id }) => _id));
  }

  /** Users whose ID numbers are in the list, by number: used to recognise people on a roster. */
  async byIdNumbers(numbers: string[]): Promise<Map<string, User>> {
    const keys = new Map(numbers.map((number) => [`id:${this.#deps.vault.hash(number)}`, number]));
    const found = await this.#deps.models.identities.find({ _id: trusted({ $in: [...keys.keys()] }) }).lean();
    const users = new Map((await this.byIds(found.map((identity) => identity.user))).map((user) => [user._id, user]));
    const result = new Map<string, User>();
    for (const identity of found) {
      const user = users.get(identity.user);
      if (user) result.set(keys.get(identity._id) as string, user);
    }
    return result;
  }

  /** Phones of the list that already belong to somebody. */
  async takenPhones(phones: string[]): Promise<Set<string>> {
    const ids = phones.map((phone) => `phone:${phone}`);
    const found = await this.#deps.models.identities.find({ _id: trusted({ $in: ids }) }).lean();
    return new Set(found.map((identity) => identity._id.slice('phone:'.length)));
  }

  /** One page of people within the viewer's scope, by name. */
  async list(filter: Scoped<object>, page: { skip: number; limit: number }): Promise<{ rows: User[]; total: number }> {
    const rows = this.#users.find(filter).sort({ name: 1, _id: 1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, rows, () => this.#users.countDocuments(filter));
  }

  async count(filter: Scoped<object> = {} as Scoped<object>): Promise<number> {
    return this.#users.countDocuments(filter);
  }

  /** Whether there is anybody like this: one look instead of a count. */
  async any(filter: Scoped<object>): Promise<boolean> {
    return (await this.#users.exists(filter)) !== null;
  }

  hasOperator(): Promise<boolean> {
    return this.any(unscoped({ grants: trusted({ $elemMatch: { role: 'operator', scope: 'platform' } }) }));
  }

  /** The plain ID number, for the registry's own file. Every call is audited. */
  async idNumber(userId: string, reason: string): Promise<string> {
    const user = await this.get(userId);
    if (!user.idNumber) throw errors.notFound();
    await this.#deps.audit.record({ action: 'id-number.read', subject: userId, details: { reason } });
    return this.#deps.vault.open(user.idNumber);
  }

  /** Encrypts what a record that waits to become an account must not hold plain, such as ID numbers. */
  seal(text: string): string {
    return this.#deps.vault.seal(text);
  }

  /** The text that `seal` encrypted. @throws where it was sealed under another key or altered */
  unseal(sealed: string): string {
    return this.#deps.vault.open(sealed);
  }

  /** For people who are made with `passwordHash`. */
  hashPassword(password: string): Promise<string> {
    return hashPassword(password);
  }

  /** @throws core:wrong-credentials */
  async checkPassword(userId: string, password: string): Promise<void> {
    const user = await this.get(userId);
    if (!(await verifyPassword(user.passwordHash ?? undefined, password))) throw errors.wrongCredentials();
  }

  /** @throws core:password-common, core:password-personal, core:password-guessable */
  async setPassword(userId: string, password: string): Promise<void> {
    const { account, name, phone } = await this.get(userId);
    refuseWeak(password, [account, name, phone]);
    await this.#users.updateOne({ _id: userId }, { $set: { passwordHash: await hashPassword(password) } });
    await this.#deps.audit.record({ action: 'password.set', subject: userId });
  }

  /** @throws core:conflict-phone where somebody else signs in with this phone */
  async setProfile(userId: string, { phone, language }: { phone: string; language: string }): Promise<void> {
    const user = await this.get(userId);
    if (phone === (user.phone ?? '')) return this.setLanguage(userId, language);
    if (phone) await this.#refuseTaken([`phone:${phone}`]);
    await this.#store(async (session) => {
      if (user.phone) await this.#deps.models.identities.deleteOne({ _id: `phone:${user.phone}` }, { session });
      if (phone) await this.#deps.models.identities.insertMany([{ _id: `phone:${phone}`, user: userId }], { session });
      const change = phone ? { $set: { phone, language } } : { $set: { language }, $unset: { phone: 1 as const } };
      await this.#users.updateOne({ _id: userId }, change, { session });
    });
    this.#viewers.forget(userId);
    await this.#deps.audit.record({ actor: userId, action: 'phone.change', subject: userId });
  }

  async setLanguage(userId: string, language: string): Promise<void> {
    await this.#users.updateOne({ _id: userId }, { $set: { language } });
    this.#viewers.forget(userId);
  }

  async grant(userId: string, grant: Grant, actor?: string): Promise<void> {
    await this.#users.updateOne({ _id: userId }, { $addToSet: { grants: grant } });
    this.#viewers.forget(userId);
    await this.#deps.audit.record({ actor, action: 'grant.add', subject: userId, details: { ...grant } });
  }

  async revoke(userId: string, grant: Grant, actor?: string): Promise<void> {
    await this.#users.updateOne({ _id: userId }, { $pull: { grants: grant } });
    this.#viewers.forget(userId);
    this.#deps.revoked(userId);
    await this.#deps.audit.record({ actor, action: 'grant.remove', subject: userId, details: { ...grant } });
  }

  /** Those of the ids for whom a code is out that still works: the next one replaces it. */
  async withActivationCode(ids: string[]): Promise<Set<string>> {
    const filter = {
      _id: trusted({ $in: ids }),
      passwordHash: trusted({ $exists: false }),
      'activation.expiresAt': trusted({ $gt: new Date() }),
    };
    const found = await this.#users.find(filter).select({ _id: 1 }).lean();
    return new Set(found.map(({ _id }) => _id));
  }

  /** A code of 8 digits with which each person without a password sets one; valid for 30 days. */
  async issueActivationCodes(users: Scoped<{ ids: string[] }>, actor: string): Promise<Map<string, string>> {
    const people = (await this.byIds(users.ids)).filter((user) => !user.passwordHash);
    const codes = new Map(people.map((user) => [user._id, String(randomInt(10 ** 8)).padStart(8, '0')]));
    const expiresAt = new Date(Date.now() + activationMs);
    const updates = [...codes].map(([_id, code]) => ({
      updateOne: {
        filter: { _id },
        update: { $set: { activation: { hash: this.#activationHash(_id, code), expiresAt } } },
      },
    }));
    if (updates.length) await this.#users.bulkWrite(updates);
    await this.#deps.audit.record({ actor, action: 'activation.issue', details: { people: codes.size } });
    return codes;
  }

  /** @throws core:wrong-activation-code, and as `setPassword` */
  async activate(login: string, code: string, password: string): Promise<Viewer> {
    const user = await this.#byLogin(login);
    const expected = user && !user.passwordHash ? user.activation : undefined;
    const valid = expected?.expiresAt && expected.expiresAt > new Date();
    const right =
      user && !user.disabled && valid && isSameSecret(expected.hash ?? '', this.#activationHash(user._id, code));
    if (!right) throw new AppError('core:wrong-activation-code', 401);
    await this.setPassword(user._id, password);
    await this.#users.updateOne({ _id: user._id }, { $unset: { activation: 1 } });
    return (await this.viewer(user._id)) as Viewer;
  }

  #activationHash(userId: string, code: string): string {
    return this.#deps.vault.hash(`activation ${userId} ${code}`);
  }

  /**
   * Whom somebody means who types an account name, phone or ID number to sign in. `key` is the same for every spelling: the user's
   * id, or, where there is nobody, what is left of the text in its plainest form.
   */
  async whoIs(login: string): Promise<{ key: string; id: string | undefined }> {
    const id = await this.#userOf(login);
    return { id, key: id ?? `nobody ${documentNumber(login).toLowerCase()}` };
  }

  async #byLogin(login: string): Promise<User | null> {
    const id = await this.#userOf(login);
    return id === undefined ? null : this.#users.findById(id).lean();
  }

  async #userOf(login: string): Promise<string | undefined> {
    const phone = normalisePhone(login);
    const document = documentNumber(login);
    // In this order: a passport may read like somebody else's account name.
    const keys = [
      `account:${plainText(login).toLowerCase()}`,
      ...(phone ? [`phone:${phone}`] : []),
      ...(document ? [`id:${this.#deps.vault.hash(document)}`] : []),
    ];
    const found = await this.#deps.models.identities.find({ _id: trusted({ $in: keys }) }).lean();
    const [identity] = keys.flatMap((key) => found.find(({ _id }) => _id === key) ?? []);
    return identity?.user;
  }

  async #scopesByOrganisation(people: NewPerson[]): Promise<Map<string, Scope[]>> {
    const ids = [...new Set(people.flatMap((person) => person.organisation ?? []))];
    return new Map(
      await Promise.all(ids.map(async (id) => [id, await this.#deps.regions.scopesOf(id)] as [string, Scope[]])),
    );
  }

  /** @throws core:password-common, core:password-personal, core:password-guessable */
  #hashed(password: string, { account, name, phone }: NewPerson): Promise<string> {
    refuseWeak(password, [account, name, phone]);
    return hashPassword(password);
  }

  async #prepare(person: NewPerson, scopes: Map<string, Scope[]>): Promise<{ user: User; logins: string[] }> {
    const logins: string[] = [];
    if (person.account) logins.push(`account:${plainText(person.account).toLowerCase()}`);
    if (person.phone) logins.push(`phone:${person.phone}`);
    if (person.idNumber) logins.push(`id:${this.#deps.vault.hash(person.idNumber)}`);
    const { idNumber, password, ...known } = person;
    const user = {
      disabled: false,
      createdAt: new Date(),
      grants: [],
      ...known,
      _id: newId(),
      scopes: person.organisation ? (scopes.get(person.organisation) as Scope[]) : [],
      ...(idNumber && { idNumber: this.#deps.vault.seal(idNumber), idMasked: maskIdNumber(idNumber) }),
      ...(password && { passwordHash: await this.#hashed(password, person) }),
    };
    return { user: user as unknown as User, logins };
  }

  /** Runs a transaction that takes logins; somebody who took one at the same moment is a conflict like any other. */
  async #store(work: (session: ClientSession) => Promise<void>): Promise<void> {
    try {
      await this.#deps.transaction(work);
    } catch (error) {
      const { code, keyValue } = error as { code?: unknown; keyValue?: { _id?: unknown } };
      if (code !== 11_000) throw error;
      throw takenBy(String(keyValue?._id ?? 'account:'));
    }
  }

  async #refuseTaken(ids: string[]): Promise<void> {
    const seen = new Set<string>();
    const repeated = ids.find((id) => seen.size === seen.add(id).size);
    const { identities } = this.#deps.models;
    const first = () =>
      identities
        .findOne({ _id: trusted({ $in: ids }) })
        .sort({ _id: 1 })
        .lean();
    const taken = repeated ?? (await first())?._id;
    if (!taken) return;
    throw takenBy(taken);
  }
}

/** @throws core:password-common, core:password-personal, core:password-guessable */
export function refuseWeak(password: string, known: readonly (string | null | undefined)[]): void {
  const weakness = weaknessOf(
    password,
    known.filter((text) => typeof text === 'string'),
  );
  if (weakness) throw new AppError(`core:password-${weakness}`, 422);
}

/** The conflict over a login such as `phone:NUMBER`. */
function takenBy(login: string): AppError {
  const kind = login.slice(0, login.indexOf(':'));
  return errors.conflict(kind === 'id' ? 'id-number' : kind);
}
