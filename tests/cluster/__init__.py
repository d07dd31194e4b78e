"""The daemon beside the real thing: etcd, kube-apiserver, kube-controller-manager and the Argo
Rollouts controller, all built from their Go modules and run on loopback (`make cluster-test`).

No kubelet and no scheduler: `kubelet.py` plays both. What the controller says it did is the truth
that the daemon's own list of events is compared with.
"""
