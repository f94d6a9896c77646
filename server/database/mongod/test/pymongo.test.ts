import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { withEngine } from './support/engine-suite.ts';

const run = promisify(execFile);

/** An everyday session of the Python driver; the address comes from standard input, where no other user sees it. */
const script = `
import datetime, json, sys
import pymongo
from pymongo.errors import DuplicateKeyError, OperationFailure

uri = sys.stdin.readline().strip()
client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=5000)
db = client.python
seen = {}
db.people.insert_many([{"_id": n, "name": name, "age": age, "at": datetime.datetime(2026, 1, n)}
                       for n, name, age in [(1, "李明", 30), (2, "王芳", 41), (3, "张伟", 25)]])
seen["index"] = db.people.create_index([("age", pymongo.DESCENDING)], unique=True)
try:
    db.people.insert_one({"age": 30})
except DuplicateKeyError as error:
    seen["duplicate"] = error.code
seen["sorted"] = [each["name"] for each in db.people.find({"age": {"$gte": 30}}).sort("age", -1)]
seen["updated"] = db.people.update_one({"_id": 1}, {"$inc": {"age": 1}}).modified_count
seen["found"] = db.people.find_one_and_update({"_id": 2}, {"$set": {"left": True}}, return_document=True)["left"]
seen["grouped"] = list(db.people.aggregate([{"$group": {"_id": None, "sum": {"$sum": "$age"}}}]))
seen["distinct"] = sorted(db.people.distinct("age"))
with client.start_session() as session:
    with session.start_transaction():
        db.people.delete_one({"_id": 3}, session=session)
seen["left"] = db.people.count_documents({})
seen["date"] = db.people.find_one({"_id": 2})["at"].isoformat()
host = "mongodb://" + uri.split("@")[1].split("/")[0] + "/?replicaSet=rs&serverSelectionTimeoutMS=5000"
for name, given in [("none", {}), ("wrong", {"username": "root", "password": "wrong", "authSource": "admin"})]:
    try:
        pymongo.MongoClient(host, **given).python.people.find_one()
    except OperationFailure as error:
        seen[name] = error.code
client.drop_database("python")
seen["dropped"] = client.list_database_names()
print(json.dumps(seen))
`;

/** The interpreter that has the driver: Debian's own where another comes first in PATH. */
async function findPython(): Promise<string | undefined> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const has = await run(python, ['-c', 'import pymongo']).then(
      () => true,
      () => false,
    );
    if (has) return python;
  }
  return undefined;
}

describe('the Python driver on the engine', function () {
  this.timeout(60_000);
  const engine = withEngine('python');

  it('signs in, reads and writes, and is refused without the password', async function () {
    const python = await findPython();
    if (python === undefined) {
      if (this.test) this.test.title += ' (needs pymongo: apt-get install python3-pymongo)';
      this.skip();
    }
    const running = run(python, ['-c', script]);
    running.child.stdin?.end(`${engine.engine.uri}\n`);
    const { stdout } = await running;
    expect(JSON.parse(stdout)).to.deep.equal({
      index: 'age_-1',
      duplicate: 11000,
      sorted: ['王芳', '李明'],
      updated: 1,
      found: true,
      grouped: [{ _id: null, sum: 97 }],
      distinct: [25, 31, 41],
      left: 2,
      date: '2026-01-02T00:00:00',
      none: 13,
      wrong: 18,
      dropped: [],
    });
  });
});
