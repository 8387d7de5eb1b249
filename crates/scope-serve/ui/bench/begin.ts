// Before the first bench: no figures of another run.
import { begin } from './figures';

export default begin;
