import { definePlugin } from '#platform';
import { createBoards } from './board.service.ts';
import { monitoringApi } from './monitoring.api.ts';
import { monitoringRoutes } from './monitoring.routes.ts';

export default definePlugin({
  id: 'monitoring',
  api: '^1.0.0',
  permissions: { watch: ['county-bureau', 'city-bureau', 'province', 'operator'] },
  register(host) {
    const boards = createBoards(host);
    host.menu({
      label: 'menu.monitoring',
      href: '/monitoring',
      icon: 'chart-bar',
      roles: host.rolesFor('watch'),
      order: 20,
    });
    host.landing({ roles: ['county-bureau', 'city-bureau', 'province'], href: '/monitoring', order: 20 });
    monitoringRoutes(host, boards);
    monitoringApi(host, boards);
  },
});
