//! The same with steps and objects as chance brings them.

use proptest::prelude::*;

use super::*;

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::collection::vec(0_u8..9, 0..3).prop_map(Value::from)
    ]
}

proptest! {
    /// However the steps come, the calls and their order are the same.
    #[test]
    fn the_order_in_which_steps_come_does_not_matter(
        (needs, turned) in prop::collection::vec((prop::option::of(0_usize..8), 0_u8..3), 1..8)
            .prop_flat_map(|steps| { let places: Vec<usize> = (0..steps.len()).collect(); (Just(steps), Just(places).prop_shuffle()) }),
    ) {
        let steps: Vec<Step> = needs.iter().enumerate().map(|(at, (need, group))| {
            let step = setting(&at.to_string(), "Comment", &json!("d"));
            let need = need.filter(|need| *need < at).map(|need| need.to_string());
            Step { needs: need.into_iter().collect(), merge: (*group > 0).then(|| group.to_string()), ..step }
        }).collect();
        let named = |steps: &[&Step]| {
            let groups = order::calls(steps).expect("no circle");
            groups.into_iter().map(|group| group.into_iter().map(|at| steps[at].key.clone()).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let straight = named(&steps.iter().collect::<Vec<_>>());
        prop_assert_eq!(named(&turned.iter().map(|at| &steps[*at]).collect::<Vec<_>>()), straight.clone());
        let place = |key: &str| straight.iter().position(|group| group.iter().any(|there| there == key));
        for step in &steps {
            for need in &step.needs {
                prop_assert!(place(need) <= place(&step.key));
            }
        }
    }

    /// Steps that share a call change what they name, and nothing else of the object; the way back leads to where it began.
    #[test]
    fn what_no_step_names_is_as_before(
        start in prop::collection::btree_map("[a-h]", prop::collection::btree_map("[p-s]", leaf(), 0..4), 1..8),
        wishes in prop::collection::btree_map("[a-h]/[p-s]", leaf(), 1..6),
    ) {
        let start = json!(start);
        let wishes: Vec<(String, Value)> = wishes.into_iter().map(|(path, to)| (format!("/{path}"), to))
            .filter(|(path, _)| start.pointer(&path[..2]).is_some()).collect();
        prop_assume!(!wishes.is_empty());
        let steps: Vec<Step> = wishes.iter()
            .map(|(path, to)| amending(path, &[Edit::new(path.clone(), start.pointer(path).cloned(), Some(to.clone()))])).collect();
        let (call, inverse) = calls::call(&steps.iter().collect::<Vec<_>>(), &mut Amended::new()).expect("apart");
        let after = made(&start, edits(&call));
        let mut expected = start.clone();
        for (path, to) in &wishes {
            pointer::put(&mut expected, path, Some(to.clone())).expect("there");
        }
        prop_assert_eq!(&after, &expected);
        prop_assert_eq!(made(&after, edits(&inverse[0])), start);
    }
}
