"""Documents of other versions say the same."""

from slo import read_openslo
from tests.slo.openslo.examples import AVAILABILITY

V2ALPHA = """
apiVersion: openslo.com/v2alpha
kind: SLO
metadata: {name: checkout, labels: {team: a}}
spec:
  serviceRef: shop
  sli:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        bad: {dataSourceRef: plane, spec: {query: 'requests{code=~"5.."}'}}
        total:
          dataSourceSpec: {type: Prometheus, connectionDetails: {}}
          spec: {query: requests}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 4w, isRolling: true}]
  objectives: [{target: 0.999}]
"""
V1ALPHA = """
apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: checkout}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindows: [{unit: Day, count: 28, isRolling: true}]
  objectives:
    - target: 0.999
      value: 1
      ratioMetrics:
        good: {source: prometheus, queryType: promql, query: 'requests{code="200"}'}
        total: {source: prometheus, queryType: promql, query: requests}
"""


def test_other_versions_say_the_same():
    (v1,), (v2,) = read_openslo(AVAILABILITY), read_openslo(V2ALPHA)
    assert (v2.sli, v2.objective, v2.service) == (v1.sli, v1.objective, v1.service)
    (alpha,) = read_openslo(V1ALPHA)
    assert str(alpha.sli) == 'good requests{code="200"} of requests'
    assert alpha.objective == v1.objective
