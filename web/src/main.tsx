import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/matches.css';
import './styles/match.css';
import './styles/charts.css';
import './styles/system.css';
import { render } from 'preact';
import { App } from './app';
import { followAddress } from './route';

followAddress();
const root = document.getElementById('app');
if (root) render(<App />, root);
