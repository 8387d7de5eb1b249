// One page, whatever its address is: `/hosts/` of a server, a folder of any web server, and `index.html` spelt out.
import type { Reroute } from '@sveltejs/kit';

export const reroute: Reroute = () => '/';
