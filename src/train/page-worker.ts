// The script of a worker that has a network of somebody's own data, and of that network's threads.

import { networkMethods, serve } from '../network/page-home.ts';

serve({...networkMethods});
