import './video-courses.css';
import { readPage } from '#client';
import { startNotes } from './notes.ts';
import { readPlayerData, startPlayer } from './setup.ts';
import { startUploads } from './upload.ts';

const page = readPage();
const data = readPlayerData();
startPlayer(page, data);
startNotes(page);
startUploads();
