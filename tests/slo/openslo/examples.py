"""Documents that are read, and a way to change one field of them."""

import yaml

__all__ = ["AVAILABILITY", "LATENCY", "changed"]

AVAILABILITY = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout, displayName: Checkout, labels: {team: [a, b], tier: "1"}, annotations: {x/y: z}}
spec:
  description: Answers that are no server errors
  service: shop
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'requests{code=~"5.."}'}}}
        total: {metricSource: {metricSourceRef: plane, spec: {query: 'sum(requests)'}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 4w, isRolling: true}]
  objectives: [{displayName: most, target: 0.999}]
"""
LATENCY = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: shop
  indicatorRef: seconds
  budgetingMethod: Occurrences
  timeWindow: [{duration: 6h, isRolling: true}]
  objectives: [{op: lte, value: 0.25, targetPercent: 99.5}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: seconds}
spec:
  thresholdMetric: {metricSource: {type: trimtab, spec: {query: 'seconds{model="m"}'}}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {description: Sells things}
"""


def changed(text: str, path: str, value: object) -> str:
    """Return the documents with one field set, or taken out where the value is None."""
    documents = list(yaml.safe_load_all(text))
    *parents, last = path.split(".")
    place = documents[0]
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return yaml.safe_dump_all(documents)
