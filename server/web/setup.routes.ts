import { type Request, type Response, Router } from 'express';
import type { Accounts } from '../accounts/accounts.service.ts';
import { signedIn } from '../accounts/person.ts';
import { unscoped } from '../accounts/scope.ts';
import { AppError } from '../errors.ts';
import { localText } from '../languages.ts';
import { stages } from '../programmes/programme.model.ts';
import type { Measures } from '../progress/measures.ts';
import { usualScheme } from '../progress/usual-scheme.ts';
import { organisationKinds } from '../regions/region.model.ts';
import type { Organisation, Region, Regions } from '../regions/regions.service.ts';
import { pagerOf, paging, readForm } from './input.ts';
import { operatorsOnly } from './operator.routes.ts';
import type { Setup } from './setup.service.ts';
import { grantAt, NO_ROLE, organisationForm, personForm, programmeForm, regionForm } from './setup-forms.ts';

interface Deps {
  setup: Setup;
  accounts: Accounts;
  regions: Regions;
  measures: Measures;
}

/** What was typed and what is wrong with it, as `readForm` gives it. */
interface Typed {
  values?: Record<string, unknown>;
  errors?: Record<string, string>;
}

const below = { province: 'city', city: 'county' } as const;

/** Pages on which an operator sets a platform up: regions, organisations, their people, programmes. */
export function setupRoutes({ setup, accounts, regions, measures }: Deps): Router {
  const router = Router();
  router.use(['/operator', '/programmes/new'], operatorsOnly);

  router.get('/operator/regions', async (request, response) => {
    const region = (await regions.all()).get(String(request.query.edit ?? ''));
    const values = region && { code: region._id, ...region.name, parent: region.path.at(-2) };
    await regionsPage(request, response, { values: values ?? {} });
  });

  router.post('/operator/regions', async (request, response) => {
    const form = readForm(regionForm, request.body, request.language);
    if (!form.ok) return regionsPage(request, response, form);
    const { code, zh, en, parent } = form.value;
    const tree = await regions.all();
    const above = parent === undefined ? undefined : tree.get(parent);
    // Where a region lies is kept with everybody in it; only its name changes afterwards.
    const path = tree.get(code)?.path ?? [...(above?.path ?? []), code];
    const level = tree.get(code)?.level ?? (above ? below[above.level as keyof typeof below] : 'province');
    await setup.putRegion(code, { name: { zh, en }, level, path });
    response.done('/operator/regions', request.t('setup.saved', { name: zh }));
  });

  router.get('/operator/organisations', async (request, response) => {
    const [organisation] = await regions.organisationsByIds([String(request.query.edit ?? '')]);
    const values = organisation && { ...organisation, code: organisation._id, ...organisation.name };
    await organisationsPage(request, response, { values: values ?? {} });
  });

  router.post('/operator/organisations', async (request, response) => {
    const form = readForm(organisationForm, request.body, request.language);
    if (!form.ok) return organisationsPage(request, response, form);
    const { code, zh, en, ...given } = form.value;
    const [known] = await regions.organisationsByIds([code]);
    const place = known && { kind: known.kind, region: known.region };
    await setup.putOrganisation(code, { ...given, ...place, name: { zh, en } });
    response.done('/operator/organisations', request.t('setup.saved', { name: zh }));
  });

  router.get('/operator/organisations/:id/people/new', async (request, response) => {
    await personPage(request, response, await regions.organisation(request.params.id), {});
  });

  router.post('/operator/organisations/:id/people', async (request, response) => {
    const organisation = await regions.organisation(request.params.id);
    const form = readForm(personForm, request.body, request.language);
    if (!form.ok) return personPage(request, response, organisation, form);
    const { name, account, role } = form.value;
    const actor = signedIn(request).id;
    const grant = grantAt(organisation, await regions.get(organisation.region));
    if (role !== NO_ROLE && role !== grant.role) {
      const errors = { role: request.t('setup.wrong-role') };
      return personPage(request, response, organisation, { values: request.body, errors });
    }
    const grants = role === NO_ROLE ? [] : [grant];
    try {
      const id = await setup.addPerson({ name, account, organisation: organisation._id, grants }, actor);
      const code = (await accounts.issueActivationCodes(unscoped({ ids: [id] }), actor)).get(id);
      const told = request.t('setup.person-added', { name, account, code });
      if (grants.length > 0) response.done(`/accounts/${id}`, told);
      else response.done(`/accounts/${id}`, `${told} ${request.t('setup.person-without-role')}`, 'warning');
    } catch (error) {
      if (!(error instanceof AppError && error.status === 409)) throw error;
      const errors = { account: request.t(error.messageKey) };
      await personPage(request, response, organisation, { values: request.body, errors });
    }
  });

  router.get('/programmes/new', (request, response) => programmePage(request, response, {}));

  router.post('/programmes/new', async (request, response) => {
    const form = readForm(programmeForm, request.body, request.language);
    if (!form.ok) return programmePage(request, response, form);
    const { zh, en, about, enrolFrom, enrolUntil, from, to, ...given } = form.value;
    const id = await setup.addProgramme(
      {
        ...given,
        title: { zh, en },
        ...(about && { description: { zh: about } }),
        term: { enrolFrom, enrolUntil, from, to },
        scheme: usualScheme(measures.all(), given.hours),
      },
      signedIn(request).id,
    );
    response.done(`/programmes/${id}`, request.t('setup.programme-added'));
  });

  async function regionsPage(request: Request, response: Response, typed: Typed): Promise<void> {
    const { t, language } = request;
    const tree = await regions.all();
    const rows = [...tree.values()].sort((a, b) => (a.path.join() < b.path.join() ? -1 : 1));
    await setupPage('setup-regions', request, response, typed, {
      title: t('setup.regions'),
      lead: t('setup.regions-lead'),
      primary: { label: t('setup.add-region'), href: '/operator/regions#form', icon: 'plus' },
      known: tree.has(String(typed.values?.code ?? '')),
      regions: rows.map((region) => ({
        code: region._id,
        name: localText(region.name, language),
        above: localText(tree.get(region.path.at(-2) ?? '')?.name, language),
        level: t(`setup.level.${region.level}`),
      })),
      parents: optionsOf(
        rows.filter(({ level }) => level !== 'county'),
        request,
      ),
    });
  }

  async function organisationsPage(request: Request, response: Response, typed: Typed): Promise<void> {
    const { t, language } = request;
    const tree = await regions.all();
    const page = paging(request.query);
    const kind = organisationKinds.find((one) => one === request.query.kind);
    const { rows, total } = await regions.organisations({ kind, text: String(request.query.q ?? '').trim() }, page);
    await setupPage('setup-organisations', request, response, typed, {
      title: t('setup.organisations'),
      lead: t('setup.organisations-lead'),
      primary: { label: t('setup.add-organisation'), href: '/operator/organisations#form', icon: 'plus' },
      known: (await regions.organisationsByIds([String(typed.values?.code ?? '')])).length > 0,
      regions: optionsOf([...tree.values()], request),
      stages,
      kinds: organisationKinds,
      organisations: rows.map((one) => ({
        code: one._id,
        name: localText(one.name, language),
        kind: t(`setup.kind.${one.kind}`),
        region: localText(tree.get(one.region)?.name, language),
        stages: one.stages.map((stage) => t(`stage.${stage}`)),
      })),
      filters: [
        { name: 'q', label: t('setup.name-begins'), value: String(request.query.q ?? ''), type: 'search' },
        {
          name: 'kind',
          label: t('setup.kind-label'),
          value: kind ?? '',
          options: [
            { value: '', label: t('setup.every-kind') },
            ...organisationKinds.map((value) => ({ value, label: t(`setup.kind.${value}`) })),
          ],
        },
      ],
      paging: pagerOf(page, total),
    });
  }

  async function personPage(request: Request, response: Response, organisation: Organisation, typed: Typed) {
    const { t, language } = request;
    const { role } = grantAt(organisation, await regions.get(organisation.region));
    await setupPage('setup-person', request, response, typed, {
      title: t('setup.new-person'),
      lead: localText(organisation.name, language),
      breadcrumb: [
        { label: t('operator.title'), href: '/operator' },
        { label: t('setup.organisations'), href: '/operator/organisations' },
      ],
      organisation: organisation._id,
      roles: [
        { value: role, label: t(`role.${role}`) },
        { value: NO_ROLE, label: t('setup.no-role') },
      ],
    });
  }

  async function programmePage(request: Request, response: Response, typed: Typed): Promise<void> {
    const { t, language } = request;
    const tree = await regions.all();
    const { rows } = await regions.organisations({ kind: 'provider' }, { skip: 0, limit: 500 });
    await setupPage('setup-programme', request, response, typed, {
      title: t('setup.new-programme'),
      lead: t('setup.programme-lead'),
      breadcrumb: [{ label: t('programmes.title'), href: '/programmes' }],
      providers: rows.map(({ _id, name }) => ({ value: _id, label: localText(name, language) })),
      regions: optionsOf([...tree.values()], request),
      stages,
    });
  }

  return router;
}

function setupPage(
  view: string,
  request: Request,
  response: Response,
  typed: Typed,
  locals: { title: string; [name: string]: unknown },
) {
  return response.page(`core/${view}`, {
    breadcrumb: [{ label: request.t('operator.title'), href: '/operator' }],
    ...locals,
    status: typed.errors ? 422 : 200,
    values: typed.values ?? {},
    errors: typed.errors ?? {},
  });
}

const optionsOf = (regions: Region[], { language }: Request) =>
  regions.map(({ _id, name }) => ({ value: _id, label: `${localText(name, language)} ${_id}` }));
