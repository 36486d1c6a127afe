"""Costs that are to stay flat: memory whatever the size of the image, and time whatever the size of the store."""

import os
import shutil

import image as images
import operations
from measure import MIB, Failed, in_turn, say
from server import site

TAG_COUNTS = [10, 100, 1000, 10000]
BLOBS_PER_TAG = 10
# As many bytes, and a hundred times as many.
SMALL, LARGE = "10x10M", "200x52428K"


def growth(bench, counts):
    """Time of everyday commands in stores of more and more tags."""
    points = []
    made, store = bench.work / "made", bench.work / "many"
    image = images.make(made, "4x200K")
    images.publish(made, image, bench.work / "source" / "data")
    with site(bench.work / "source", "loopback", None) as place:
        reference = place.reference(image.repository)
        for count in counts:
            say(f"a store of {count} tags and {count * BLOBS_PER_TAG} blobs")
            images.make_store(store, count, BLOBS_PER_TAG, place.host)
            pull = bench.rcr_pull(place, store, reference)
            rcr = [bench.rcr, "--store", store, "-q"]
            commands = {
                "images": [*rcr, "images"],
                "tag": [*rcr, "tag", f"{place.host}/bench/many:t1", f"{place.host}/bench/many:other"],
                "pull": pull,
            }
            bench.runner.measure(*pull)
            lines = bench.runner.measure(*commands["images"])["stdout"].count("\n") + 1
            if lines < count:
                raise Failed(f"rcr lists {lines} images of {count}")
            runners = {name: (lambda c=command: bench.runner.measure(*c)) for name, command in commands.items()}
            # Once, for the store; what the commands themselves write is little, and synced.
            os.sync()
            runs = in_turn(bench.rounds * 2 + 1, runners, settle=lambda: None)
            points.append({"tags": count, "blobs": count * BLOBS_PER_TAG, "runs": runs})
            shutil.rmtree(store)
    shutil.rmtree(made)
    return points


def memory(bench):
    """Peak memory of a pull of 100 MiB and of one of 10 GiB in 200 layers."""
    results = []
    for name in (SMALL, LARGE):
        needed = 2 * images.size_of(name) + 512 * MIB
        if shutil.disk_usage(bench.work).free < needed:
            raise Failed(f"{needed // MIB} MiB are needed for {name}, choose another --dir")
        say(f"{name}: making the image, for the memory of a pull")
        made = bench.work / "made"
        image = images.make(made, name)
        say(f"{name}: pulling")
        # Peaks differ little, and this moves 20 GiB a round.
        case = operations.pull(bench, image, made, "loopback", ("rcr", "skopeo"), min(bench.rounds, 2))
        results.append({"image": name, "bytes": image.total_bytes, "runs": case["runs"]})
        shutil.rmtree(made)
    return results
