//! How deep the smallest value of each node is, and which nodes hold
//! themselves.

use super::model::{Additional, Kind, Node, NodeId};

/// Fills in how deep the smallest value of each node is.
pub(super) fn measure(nodes: &mut [Node]) {
    loop {
        let mut changed = false;
        for id in 0..nodes.len() {
            if nodes[id].height.is_none()
                && let Some((height, spare)) = height(nodes, &nodes[id])
            {
                nodes[id].height = Some(height);
                nodes[id].spare = spare;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// The height, and which type has it.
fn height(nodes: &[Node], node: &Node) -> Option<(u32, usize)> {
    let of = |id: NodeId| nodes[id].height;
    if let Some(choice) = &node.choice {
        return choice.branches.iter().filter_map(|b| of(*b)).min().map(|height| (height, 0));
    }
    if node.values.is_some() {
        return Some((0, 0));
    }
    let kind_height = |kind: &Kind| match kind {
        Kind::List(shape) => {
            let prefix = shape.prefix.iter().take(shape.min).map(|p| of(*p));
            let more = (shape.min > shape.prefix.len()).then(|| shape.items.and_then(of));
            prefix.chain(more).try_fold(0, |most: u32, h| Some(most.max(h?))).map(|h| h + 1)
        }
        Kind::Record(shape) => {
            let required = shape.properties.iter().filter(|p| p.required).map(|p| of(p.node));
            let depth = required.into_iter().try_fold(0, |most: u32, h| Some(most.max(h?)))?;
            let enough = shape.properties.iter().filter(|p| p.required || of(p.node).is_some()).count() >= shape.min
                || shape.additional != Additional::Forbidden
                || !shape.classes.is_empty();
            enough.then_some(depth + 1)
        }
        _ => Some(0),
    };
    node.kinds.iter().enumerate().filter_map(|(at, kind)| Some((kind_height(kind)?, at))).min()
}

/// Marks the nodes that lead back to themselves (Tarjan's strongly connected
/// components).
pub(super) fn mark_recursive(nodes: &mut [Node]) {
    let below: Vec<Vec<NodeId>> = nodes.iter().map(children).collect();
    let mut search = Search {
        below: &below,
        order: vec![None; nodes.len()],
        low: vec![0; nodes.len()],
        open: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for root in 0..nodes.len() {
        if search.order[root].is_none() {
            search.from(root);
        }
    }
    for id in search.found {
        nodes[id].recursive = true;
    }
}

fn children(node: &Node) -> Vec<NodeId> {
    let mut found: Vec<NodeId> = node.choice.iter().flat_map(|c| c.branches.clone()).collect();
    for kind in &node.kinds {
        match kind {
            Kind::List(shape) => {
                found.extend(shape.prefix.iter().chain(&shape.items));
                found.extend(shape.counted.iter().flatten().map(|(_, node)| node));
            }
            Kind::Record(shape) => {
                found.extend(shape.properties.iter().map(|p| p.node));
                found.extend(shape.classes.iter().map(|(_, node)| node));
                if let Additional::Like(node) = shape.additional {
                    found.push(node);
                }
            }
            _ => {}
        }
    }
    found
}

struct Search<'b> {
    below: &'b [Vec<NodeId>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<NodeId>,
    next: usize,
    found: Vec<NodeId>,
}

impl Search<'_> {
    fn enter(&mut self, id: NodeId) {
        self.order[id] = Some(self.next);
        self.low[id] = self.next;
        self.next += 1;
        self.open.push(id);
    }

    fn from(&mut self, root: NodeId) {
        self.enter(root);
        let mut way = vec![(root, 0)];
        while let Some((id, at)) = way.pop() {
            if let Some(child) = self.below[id].get(at).copied() {
                way.push((id, at + 1));
                match self.order[child] {
                    None => {
                        self.enter(child);
                        way.push((child, 0));
                    }
                    Some(order) if self.open.contains(&child) => self.low[id] = self.low[id].min(order),
                    Some(_) => {}
                }
                continue;
            }
            if let Some((above, _)) = way.last() {
                self.low[*above] = self.low[*above].min(self.low[id]);
            }
            if Some(self.low[id]) == self.order[id] {
                self.close(id);
            }
        }
    }

    fn close(&mut self, id: NodeId) {
        let start = self.open.iter().rposition(|o| *o == id).unwrap_or(0);
        let component = self.open.split_off(start);
        if component.len() > 1 || self.below[id].contains(&id) {
            self.found.extend(component);
        }
    }
}
