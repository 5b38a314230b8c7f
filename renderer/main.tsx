import '@mantine/core/styles.css';
import './ui/app.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('Expected an element with id "root" in index.html.');
createRoot(root).render(<App />);
